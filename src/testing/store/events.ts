import { describe, expect } from 'vitest'
import { testIds } from '../entities.ts'
import { claimed, HARD_TEXT, type StoreSuite } from './suite.ts'

/** What every driver's log of events and its samples do. */
export function eventsContract({ it, store, insertJob }: StoreSuite): void {
  describe('events', () => {
    it('get the next ids of their job and come back in order', async () => {
      const job = await insertJob()
      const at = new Date(1_234)
      const append = (data: unknown[]) =>
        store().transaction(async (tx) => {
          const locked = claimed(await tx.jobs.lock(job.id))
          const next = await tx.events.append(
            locked,
            at,
            data.map((each) => ({ type: 'notice', data: each })),
          )
          await tx.jobs.save(next)
          return next
        })
      expect((await append([{ text: HARD_TEXT }, { text: null }])).seq).toBe(2)
      expect((await append([{ at: new Date(9_009) }])).seq).toBe(3)
      expect((await append([])).seq).toBe(3)
      expect(await store().events.read(job.id, 0, 100)).toEqual([
        { id: 1, at, type: 'notice', data: { text: HARD_TEXT } },
        { id: 2, at, type: 'notice', data: { text: null } },
        { id: 3, at, type: 'notice', data: { at: new Date(9_009).toISOString() } },
      ])
      expect((await store().events.read(job.id, 1, 1)).map(({ id }) => id)).toEqual([2])
      expect(await store().events.read(job.id, 3, 100)).toEqual([])
    })

    it('have no gap and no double under twenty writers, some of whom give up', async () => {
      const job = await insertJob()
      let kept = 0
      const writer = async (who: number): Promise<void> => {
        for (let round = 0; round < 10; round++) {
          const count = 1 + ((who + round) % 3)
          const givesUp = (who + round) % 7 === 0
          await store()
            .transaction(async (tx) => {
              const locked = claimed(await tx.jobs.lock(job.id))
              const next = await tx.events.append(
                locked,
                new Date(),
                Array.from({ length: count }, () => ({ type: 'notice', data: { who, round } })),
              )
              await tx.jobs.save(next)
              if (givesUp) throw new Error('gives up')
            })
            .then(
              () => {
                kept += count
              },
              (error: Error) => expect(error.message).toBe('gives up'),
            )
        }
      }
      await Promise.all(Array.from({ length: 20 }, (_, who) => writer(who)))
      const ids = (await store().events.read(job.id, 0, 10_000)).map(({ id }) => id)
      expect(ids).toEqual(Array.from({ length: kept }, (_, i) => i + 1))
      expect((await store().jobs.get(job.id))?.seq).toBe(kept)
    })

    it('a writer who did not lock the job fails instead of writing an id twice', async () => {
      const job = await insertJob()
      await store().events.append(job, new Date(), [{ type: 'notice', data: {} }])
      await expect(store().events.append(job, new Date(), [{ type: 'notice', data: {} }])).rejects.toThrow()
    })
  })

  describe('samples', () => {
    it('are read by bucket and stage, the latest ones', async () => {
      const bucket = `bucket ${testIds.next('job')}`
      for (let i = 0; i < 5; i++)
        await store().samples.add([
          { bucket, stage: 'render', seconds: i },
          { bucket, stage: 'check', seconds: 10 + i },
        ])
      await store().samples.add([{ bucket: `${bucket} other`, stage: 'render', seconds: 99 }])
      await store().samples.add([])
      const found = await store().samples.read(bucket, 3)
      expect([...found.keys()].sort()).toEqual(['check', 'render'])
      expect(found.get('render')).toEqual([4, 3, 2])
      expect(found.get('check')).toEqual([14, 13, 12])
      expect(await store().samples.read('none', 3)).toEqual(new Map())
    })
  })
}
