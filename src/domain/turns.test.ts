import { describe, expect, test } from 'vitest'
import type { StepId, TenantId } from './ids.ts'
import { type Claimant, NO_TURNS, QUANTUM_SECONDS, takeTurns } from './turns.ts'

interface Waiting {
  id: StepId
  costSeconds: number
}

const tenant = (name: string): TenantId => `ten_${name}` as TenantId
const steps = (name: string, count: number, costSeconds: number): Waiting[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${name}${i}` as StepId, costSeconds }))
const claims = (name: string, count: number, costSeconds: number, change: Partial<Claimant<Waiting>> = {}): Claimant<Waiting> => ({
  tenantId: tenant(name),
  weight: 1,
  atMost: Number.POSITIVE_INFINITY,
  waiting: steps(name, count, costSeconds),
  ...change,
})

/** Gives turns look by look, as long as something waits; what was given is gone from the next look. */
function run(claimants: Claimant<Waiting>[], room: number, looks = Number.POSITIVE_INFINITY): string[] {
  const order: string[] = []
  let turns = NO_TURNS
  for (let look = 0; look < looks; look++) {
    const taken = new Set(order)
    const left = claimants.map((claimant) => ({ ...claimant, waiting: claimant.waiting.filter(({ id }) => !taken.has(id)) }))
    const round = takeTurns(left, turns, room)
    if (round.given.length === 0) break
    order.push(...round.given.map(({ id }) => id))
    turns = round.turns
  }
  return order
}

const shareOf = (order: string[], name: string): number => order.filter((id) => id.startsWith(name)).length / order.length

describe('turns', () => {
  test('everything is given once, in each tenant’s own order, whatever room a look has', () => {
    const claimants = [claims('a', 40, 3), claims('b', 7, 25), claims('c', 13, 0.5)]
    const all = claimants.flatMap(({ waiting }) => waiting.map(({ id }) => id))
    for (const room of [1, 2, 5, 1_000]) {
      const order = run(claimants, room)
      expect(order.toSorted()).toEqual(all.toSorted())
      for (const { waiting } of claimants)
        expect(order.filter((id) => waiting.some((step) => step.id === id))).toEqual(waiting.map(({ id }) => id))
    }
    expect(run(claimants, 1), 'cut short by the room, a turn goes on').toEqual(run(claimants, 1_000))
  })

  test('are shared by cost and weight, not by number', () => {
    const dear = [claims('dear', 500, 20), claims('cheap', 5_000, 1)]
    expect(shareOf(run(dear, 10, 63), 'cheap')).toBeCloseTo(20 / 21, 1)
    const heavy = [claims('heavy', 900, 1, { weight: 3 }), claims('light', 900, 1)]
    expect(shareOf(run(heavy, 10, 40), 'heavy')).toBeCloseTo(0.75, 1)
  })

  test('between two turns of a tenant each other takes at most its quantum and one step', () => {
    const many = [claims('a', 10_000, 7), claims('b', 10_000, 0.1), claims('one', 1, 4)]
    const before = run(many, 16, 200).indexOf('one0')
    // Four turns until it can be paid: in each, b has ten of 0.1 s, and a saves up for one of 7 s.
    expect(before).toBeGreaterThanOrEqual(0)
    expect(before).toBeLessThanOrEqual(4 * (QUANTUM_SECONDS / 0.1 + 1))
  })

  test('a step dearer than a quantum goes after enough turns of its tenant', () => {
    const order = run([claims('a', 300, 1), claims('dear', 1, 95)], 1_000)
    expect(order.indexOf('dear0')).toBe(95)
  })

  test('a tenant at its limit is passed over, and keeps nothing for later', () => {
    const { given, turns } = takeTurns([claims('a', 5, 1, { atMost: 2 }), claims('b', 3, 1)], NO_TURNS, 10)
    expect(given.map(({ id }) => id).toSorted()).toEqual(['a0', 'a1', 'b0', 'b1', 'b2'])
    expect(turns.creditSeconds).toEqual({})
    expect(takeTurns([claims('a', 5, 1, { atMost: 0 })], NO_TURNS, 10).given).toEqual([])
    expect(takeTurns([claims('a', 5, 1)], NO_TURNS, 0).given).toEqual([])
  })
})
