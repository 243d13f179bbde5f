import { describe, expect, vi } from 'vitest'
import type { HouseProcess } from '../../domain/process.ts'
import { testIds } from '../entities.ts'
import type { StoreSuite } from './suite.ts'

/** What every driver's repositories of processes and leases do. */
export function houseContract({ it, store }: StoreSuite): void {
  const newProcess = (change: Partial<HouseProcess> = {}): HouseProcess => ({
    id: testIds.next('prc'),
    host: 'worker-1.fleet',
    pid: 4_000_000,
    version: '1.2.3',
    api: true,
    scheduling: 'standby',
    slots: { io: 32, cpu: 2 },
    running: { io: 3 },
    startedAt: new Date(1_234_567),
    ...change,
  })

  describe('processes', () => {
    it('are listed as they last spoke of themselves, until they leave', async () => {
      const { processes } = store()
      const [first, second] = [newProcess(), newProcess({ api: false, scheduling: 'off', slots: {}, running: {} })]
      await processes.beat(first)
      await processes.beat(second)
      await processes.beat({ ...first, scheduling: 'active', running: { io: 4, cpu: 1 } })
      const listed = (await processes.list()).filter(({ id }) => id === first.id || id === second.id)
      const said = { alive: true, seenAt: expect.any(Date) }
      expect(listed).toEqual([
        { ...first, scheduling: 'active', running: { io: 4, cpu: 1 }, ...said },
        { ...second, ...said },
      ])
      await processes.leave(first.id)
      await processes.leave(second.id)
      expect((await processes.list()).map(({ id }) => id)).not.toContain(first.id)
    })
  })

  describe('leases', () => {
    it('are held by one, who may renew, until released', async () => {
      const { leases } = store()
      const [one, other] = [testIds.next('prc'), testIds.next('prc')]
      const taken = await Promise.all([one, other].map((id) => leases.take('house', id, 60_000)))
      expect(taken.toSorted()).toEqual([false, true])
      const [holder, loser] = taken[0] ? [one, other] : [other, one]
      expect(await leases.take('house', holder, 60_000)).toBe(true)
      await leases.release('house', loser)
      expect(await leases.holder('house')).toBe(holder)
      await leases.release('house', holder)
      expect(await leases.holder('house')).toBeUndefined()
      expect(await leases.take('house', loser, 60_000)).toBe(true)
      await leases.release('house', loser)
    })

    it("that ran out are another's, and the former holder finds that out", async () => {
      const { leases } = store()
      const [former, next] = [testIds.next('prc'), testIds.next('prc')]
      expect(await leases.take('short', former, 1)).toBe(true)
      await vi.waitFor(async () => expect(await leases.take('short', next, 60_000)).toBe(true))
      expect(await leases.take('short', former, 60_000)).toBe(false)
      await leases.release('short', next)
    })
  })
}
