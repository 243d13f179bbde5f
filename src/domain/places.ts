import type { TenantId } from './ids.ts'

/** A tenant that waits for places at an account. */
export interface Line {
  tenantId: TenantId
  /** Its share beside others of weight 1. */
  weight: number
  inFlight: number
  /** Orders that wait. */
  waiting: number
  /** When the first of them came, in milliseconds. */
  sinceMs: number
}

/**
 * Who gets the free places at an account: each goes to the tenant that has the fewest orders in flight for its weight, of those to who
 * has waited longest. So one whose order has just come does not wait for all of another's, and nobody has more than its share while
 * others wait (max-min fairness).
 * @returns places by tenant; those with none are left out
 */
export function sharePlaces(lines: readonly Line[], free: number): Map<TenantId, number> {
  const given = new Map<TenantId, number>()
  const places = (line: Line): number => given.get(line.tenantId) ?? 0
  const load = (line: Line): number => (line.inFlight + places(line)) / line.weight
  for (let place = 0; place < free; place++) {
    const [next] = lines
      .filter((line) => places(line) < line.waiting)
      .sort((a, b) => load(a) - load(b) || a.sinceMs - b.sinceMs || (a.tenantId < b.tenantId ? -1 : 1))
    if (!next) break
    given.set(next.tenantId, places(next) + 1)
  }
  return given
}
