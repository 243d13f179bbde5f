import type { TenantId } from './ids.ts'

/** What a tenant of weight 1 may take each time its turn comes, in cost-seconds. */
export const QUANTUM_SECONDS = 1

/** How far a queue has come in giving turns. */
export interface Turns {
  /** Whose turn is next. */
  tenantId: TenantId | null
  /** It has had a part of that turn: what it may take was cut short by the room there was. */
  begun: boolean
  /** What each tenant that still waits may take beyond its next turns, in cost-seconds. */
  creditSeconds: Record<string, number>
}

export const NO_TURNS: Turns = { tenantId: null, begun: false, creditSeconds: {} }

/** A tenant with steps that wait. */
export interface Claimant<Waiting> {
  tenantId: TenantId
  /** Its share beside others of weight 1. */
  weight: number
  /** Steps it may be given now, because of a limit of its own. */
  atMost: number
  /** In the order they go. */
  waiting: readonly Waiting[]
}

/**
 * Gives turns: weighted deficit round robin (Shreedhar and Varghese, "Efficient fair queuing using deficit round robin", 1995).
 * Each turn adds a quantum to the tenant's credit, from which its steps are paid by their cost; what is left is kept for its next
 * turn, unless nothing of it waits any more. So between two turns of a tenant every other takes at most its quantum and the cost of
 * one step, however much of it waits.
 * @param room steps that may be given in all
 * @returns the steps given, in order, and how far the turns have come
 */
export function takeTurns<Waiting extends { costSeconds: number }>(
  claimants: readonly Claimant<Waiting>[],
  turns: Turns,
  room: number,
): { given: Waiting[]; turns: Turns } {
  const queues = claimants
    .filter(({ waiting, atMost }) => waiting.length > 0 && atMost > 0)
    .map((claimant) => ({ ...claimant, next: 0, creditSeconds: turns.creditSeconds[claimant.tenantId] ?? 0 }))
    .sort((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
  const given: Waiting[] = []
  let at = Math.max(
    0,
    queues.findIndex(({ tenantId }) => turns.tenantId !== null && tenantId >= turns.tenantId),
  )
  let begun = turns.begun && queues[at]?.tenantId === turns.tenantId
  let open = queues.length
  while (given.length < room && open > 0) {
    const queue = queues[at]
    if (!queue) break
    if (isOpen(queue)) {
      if (!begun) queue.creditSeconds += QUANTUM_SECONDS * queue.weight
      begun = true
      let head = queue.waiting[queue.next]
      while (head && queue.next < queue.atMost && head.costSeconds <= queue.creditSeconds && given.length < room) {
        queue.creditSeconds -= head.costSeconds
        given.push(head)
        queue.next++
        head = queue.waiting[queue.next]
      }
      if (!isOpen(queue)) open--
      // Its turn was cut short by the room: it goes on with it next time.
      else if (given.length === room && head && head.costSeconds <= queue.creditSeconds) break
    }
    at = (at + 1) % queues.length
    begun = false
  }
  return {
    given,
    turns: {
      tenantId: queues[at]?.tenantId ?? null,
      begun,
      creditSeconds: Object.fromEntries(queues.filter(isOpen).map(({ tenantId, creditSeconds }) => [tenantId, creditSeconds])),
    },
  }
}

function isOpen<Waiting>({ waiting, next, atMost }: Claimant<Waiting> & { next: number }): boolean {
  return next < waiting.length && next < atMost
}

/**
 * All that waits in one queue, in the order it will be given if nothing comes and no limit of a tenant is in the way: what is on its
 * way to a worker, then turn by turn.
 * @param waiting each tenant's in the order they go
 * @param weights of tenants that have not 1
 */
export function orderOfTurns<Waiting extends { tenantId: TenantId; costSeconds: number; hinted: boolean }>(
  waiting: readonly Waiting[],
  weights: ReadonlyMap<TenantId, number>,
  turns: Turns,
): Waiting[] {
  const { given } = takeTurns(
    [...Map.groupBy(waiting, ({ tenantId }) => tenantId)].map(([tenantId, steps]) => ({
      tenantId,
      weight: weights.get(tenantId) ?? 1,
      atMost: Number.POSITIVE_INFINITY,
      waiting: steps.filter(({ hinted }) => !hinted),
    })),
    turns,
    Number.POSITIVE_INFINITY,
  )
  return [...waiting.filter(({ hinted }) => hinted), ...given]
}
