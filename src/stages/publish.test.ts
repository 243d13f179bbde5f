import { expect, test } from 'vitest'
import type { Asset } from '../domain/asset.ts'
import type { Job, JobState } from '../domain/job.ts'
import { profiles } from '../domain/profiles.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { publish } from './publish.ts'

const at = new Date('2026-01-01T00:00:00.000Z')
const running: JobState = { state: 'running', startedAt: at, playableAt: at }
const held: JobState = { ...running, state: 'held', heldAt: at }
const jobIn = (state: JobState) =>
  ({
    id: 'job_1',
    assetId: 'ast_1',
    state,
    plan: null,
    request: { kind: 'music', formats: ['hls'], policy: { gate: 'segment' } },
  }) as unknown as Job

/** A sound whose timeline is complete: everything that works on files does nothing. */
const nothing = async () => {}
const deps = {
  clock: { now: () => at },
  store: {
    assets: {
      get: async () => ({ id: 'ast_1', kind: 'audio', title: 'A bell', cues: [], renditions: [] }) as unknown as Asset,
      segments: async () => [],
      rungs: async () => [{ name: 'audio', init: { objectKey: 'init' } }],
    },
    takes: { ofJob: async () => [] },
    judgements: { get: async () => undefined },
  },
  scratch: { folder: async () => ({ path: '', [Symbol.asyncDispose]: nothing }) },
  media: { remuxM4a: nothing, probe: nothing, versions: async () => ({}) },
  objects: { put: async (key: string) => ({ key, sizeBytes: 1, sha256: '' }) },
  inspector: { judgeAsset: () => [] },
  profileOf: async () => profiles.standard,
} as unknown as StageDeps

const run = (job: Job) => publish(deps)({ job, signal: new AbortController().signal, checkpoint: nothing } as unknown as StepRun)

/** What the step's result does to a job that is now in this state. */
async function written(result: Awaited<ReturnType<typeof run>>, state: JobState): Promise<unknown[]> {
  const did: unknown[] = []
  await result.write?.({
    job: jobIn(state),
    stage: () => {},
    verdicts: nothing,
    repositories: { judgements: { replace: nothing } },
    addFiles: nothing,
    changeAsset: nothing,
    addSteps: async (works: { name: string }[]) => did.push(...works.map(({ name }) => name)),
    succeed: async () => did.push('succeeded'),
  } as unknown as JobTransaction)
  return did
}

test('a job that is held is not published before a person has decided', async () => {
  expect(await run(jobIn(held))).toMatchObject({ then: 'park', reason: 'waits for a person' })
})

test('one that was held while its files were made is published by a later step, and does not succeed', async () => {
  const result = await run(jobIn(running))
  expect(await written(result, held)).toEqual(['publish'])
  expect(await written(result, running)).toEqual(['succeeded', 'cleanup'])
})
