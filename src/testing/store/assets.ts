import { describe, expect } from 'vitest'
import { type Asset, type AssetFile, type Rung, type Segment, setAssetState } from '../../domain/asset.ts'
import type { Job } from '../../domain/job.ts'
import { newRetention, type RetentionClass } from '../../domain/retention.ts'
import { newAsset, newStep, testIds } from '../entities.ts'
import { HARD_TEXT, type StoreSuite } from './suite.ts'

/** What every driver's repository of assets does. */
export function assetsContract({ it, store, insertJob }: StoreSuite): void {
  describe('assets', () => {
    async function insertAsset(change: Partial<Asset> = {}, job?: Job): Promise<Asset> {
      const asset = newAsset((job ?? (await insertJob())).id, change)
      await store().assets.insert(asset)
      return asset
    }

    it('come back as they were written and saved, with their tenant', async () => {
      const job = await insertJob()
      const asset = await insertAsset({}, job)
      const found = await store().assets.getWithTenant(asset.id)
      expect(found).toEqual({ asset, tenantId: job.tenantId })
      const full: Asset = {
        ...asset,
        kind: 'video',
        durationSeconds: 30.033333333333335,
        width: 1280,
        height: 720,
        fps: 29.97002997002997,
        releasedSeconds: 4.004,
        poster: true,
        cues: [{ startSeconds: 0.1, endSeconds: 0.7, text: HARD_TEXT }],
        renditions: [{ format: 'webm', state: 'failed', detail: 'No.' }],
        retention: {
          class: 'ephemeral',
          expiresAt: new Date(9_009),
          mastersExpireAt: new Date(8_008),
          holds: [
            { at: new Date(1), by: 'ann', note: HARD_TEXT, released: { at: new Date(2), by: null, note: '' } },
            { at: new Date(3), by: null, note: '', released: null },
          ],
          sweptAt: new Date(7_007),
          storedBytes: 5_000_000_000,
        },
        state: { state: 'ready', readyAt: new Date(5_005) },
      }
      await store().assets.save(full)
      expect(await store().assets.get(asset.id)).toEqual(full)
      const gone = setAssetState(full, { state: 'gone', at: new Date(6_006) })
      await store().assets.save(gone)
      expect(await store().assets.get(asset.id)).toEqual(gone)
      expect(await store().assets.get(testIds.next('ast'))).toBeUndefined()
      await expect(store().assets.save(newAsset(job.id))).rejects.toThrow()
    })

    it('that are ready are listed newest first, of one tenant', async () => {
      const job = await insertJob()
      const ready = (): Partial<Asset> => ({ state: { state: 'ready', readyAt: new Date() } })
      const made = [
        await insertAsset(ready(), job),
        await insertAsset({}, job),
        await insertAsset(ready(), job),
        await insertAsset(ready(), job),
      ]
      await insertAsset(ready())
      const newest = [made[3]?.id, made[2]?.id, made[0]?.id]
      expect((await store().assets.list(job.tenantId, { now: new Date(), limit: 10 })).map(({ id }) => id)).toEqual(newest)
      expect(
        (await store().assets.list(job.tenantId, { now: new Date(), limit: 1, before: newest[0] as Asset['id'] })).map(({ id }) => id),
      ).toEqual([newest[1]])
    })

    it('of which something is kept no longer are found, the longest overdue first', async () => {
      // So early that nothing of another test is overdue.
      const now = new Date(-1_000_000)
      const ago = (ms: number): Date => new Date(now.getTime() - ms)
      const due = (change: Partial<Asset['retention']>, job?: Job) =>
        insertAsset({ retention: { ...newRetention('ephemeral'), ...change }, state: { state: 'ready', readyAt: ago(99) } }, job)
      const job = await insertJob()
      const expired = await due({ expiresAt: ago(1) }, job)
      const masters = await due({ expiresAt: new Date(now.getTime() + 1), mastersExpireAt: ago(2) }, job)
      const hold = { at: ago(50), by: null, note: '' }
      const held = await due({ expiresAt: ago(3), holds: [{ ...hold, released: null }] }, job)
      const released = await due({ expiresAt: ago(4), holds: [{ ...hold, released: hold }] })
      await due({ expiresAt: ago(5), sweptAt: ago(0) })
      const busy = await due({ expiresAt: ago(6) })
      const step = newStep(busy.jobId)
      await store().steps.insert([step])
      const found = async (limit: number) => (await store().assets.overdue(now, limit)).map(({ id }) => id)
      expect(await found(10)).toEqual([released.id, masters.id, expired.id])
      expect(await found(1)).toEqual([released.id])
      await store().steps.cancelOpen(busy.jobId)
      expect(await found(1)).toEqual([busy.id])
      expect(
        (await store().assets.list(job.tenantId, { now, limit: 10 })).map(({ id }) => id),
        'in time, or held',
      ).toEqual([held.id, masters.id])
    })

    it('are counted by how long they stay, and forget what they were made of', async () => {
      const job = await insertJob()
      const of = (retention: RetentionClass, storedBytes: number) =>
        insertAsset({ retention: { ...newRetention(retention), storedBytes } }, job)
      const { id } = await of('permanent', 5_000_000_000)
      for (const bytes of [0, 7, 8]) await of('standard', bytes)
      expect(await store().assets.storedBytes(job.tenantId)).toEqual({ ephemeral: 0, standard: 15, permanent: 5_000_000_000 })
      expect((await store().assets.storedBytesByTenant()).get(job.tenantId)).toBe(5_000_000_015)
      const file = { name: 'a.mp4', label: 'A', objectKey: 'k', mimeType: 'video/mp4', sizeBytes: 1, sha256: 'aa' }
      await store().assets.addFiles(id, [file])
      await store().assets.addRungs(id, [rung('720p')])
      await store().assets.addSegments(id, [segment('720p', 0)])
      expect(await store().assets.parts(id)).toEqual({ files: [file], rungs: [rung('720p')], segments: [segment('720p', 0)] })
      await store().assets.forgetParts(id)
      expect(await store().assets.parts(id)).toEqual({ files: [], rungs: [], segments: [] })
    })

    it('have files, by name, in the order they were added', async () => {
      const { id } = await insertAsset()
      const file = (name: string): AssetFile => ({
        name,
        label: `File ${name}`,
        objectKey: `k/${name}`,
        mimeType: 'video/mp4',
        sizeBytes: 5_000_000_000,
        sha256: 'ab',
      })
      await store().assets.addFiles(id, [file('b.mp4'), file('a.mp4')])
      await store().assets.addFiles(id, [file('c.mp4')])
      await store().assets.addFiles(id, [])
      expect(await store().assets.files(id)).toEqual([file('b.mp4'), file('a.mp4'), file('c.mp4')])
      expect(await store().assets.file(id, 'a.mp4')).toEqual(file('a.mp4'))
      expect(await store().assets.file(id, '../a.mp4')).toBeUndefined()
      expect(await store().assets.file(id, 'a\0.mp4')).toBeUndefined()
    })

    it('written again by a step that runs again, files and rungs stand once', async () => {
      const { id } = await insertAsset()
      const file: AssetFile = { name: 'a.mp4', label: 'First', objectKey: 'k1', mimeType: 'video/mp4', sizeBytes: 1, sha256: 'aa' }
      await store().assets.addFiles(id, [file])
      await store().assets.addFiles(id, [{ ...file, label: 'Second', objectKey: 'k2', sha256: 'bb' }])
      expect(await store().assets.files(id)).toEqual([{ ...file, label: 'Second', objectKey: 'k2', sha256: 'bb' }])
      await store().assets.addRungs(id, [rung('720p')])
      await store().assets.addRungs(id, [rung('720p')])
      expect(await store().assets.rungs(id)).toHaveLength(1)
    })

    it('have rungs and segments, in order of index, each once', async () => {
      const { id } = await insertAsset()
      await store().assets.addRungs(id, [rung('720p'), rung('360p')])
      expect(await store().assets.rungs(id)).toEqual([rung('720p'), rung('360p')])
      for (const index of [1, 0, 10, 2]) await store().assets.addSegments(id, [segment('720p', index), segment('360p', index)])
      expect(await store().assets.segments(id, '720p')).toEqual([0, 1, 2, 10].map((index) => segment('720p', index)))
      expect((await store().assets.segments(id)).map(({ index, rung: of }) => `${index} ${of}`)).toEqual(
        [0, 1, 2, 10].flatMap((index) => [`${index} 360p`, `${index} 720p`]),
      )
      expect(await store().assets.segment(id, '360p', 10)).toEqual(segment('360p', 10))
      expect(await store().assets.segment(id, '360p', 3)).toBeUndefined()
      await expect(store().assets.addSegments(id, [segment('720p', 3), segment('720p', 2)])).rejects.toThrow()
      expect(await store().assets.segment(id, '720p', 3), 'all or nothing').toBeUndefined()
    })
  })
}

function rung(name: string): Rung {
  return {
    name,
    width: 1280,
    height: 720,
    bandwidth: 2_500_000,
    codecs: 'avc1.64001f,mp4a.40.2',
    fps: 29.97,
    init: { objectKey: `${name}/init.mp4`, sizeBytes: 900, sha256: 'ab' },
  }
}

function segment(of: string, index: number): Segment {
  return {
    rung: of,
    index,
    startSeconds: index * 2.002,
    durationSeconds: 2.002,
    objectKey: `${of}/${index}.m4s`,
    sizeBytes: 123_456,
    sha256: 'ab',
  }
}
