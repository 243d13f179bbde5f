import { ids } from '../src/compose/ids.ts'
import type { AssetId, JobId, StepId, TakeId } from '../src/domain/ids.ts'
import type { Job } from '../src/domain/job.ts'
import { newStages, setStage } from '../src/domain/progress.ts'
import type { Step, StepState } from '../src/domain/step.ts'
import type { Take, TakeState } from '../src/domain/take.ts'
import type { Store } from '../src/ports/store.ts'
import { newAsset } from '../src/testing/entities.ts'
import { bell, PROVIDER } from './engine.ts'

const AT_ONCE = 1_000

const padded = (number: number): string => String(number).padStart(26, '0')
export const jobId = (number: number): JobId => `job_${padded(number)}` as JobId
export const takeId = (number: number): TakeId => `tak_${padded(number)}` as TakeId
const assetId = (number: number): AssetId => `ast_${padded(number)}` as AssetId
export const stepId = (number: number): StepId => `stp_${padded(number)}` as StepId
export const numberOf = (id: StepId): number => Number(id.slice('stp_'.length))

/** Running jobs of one take each, with ids by number. Nothing happens to them until their steps are there. */
export async function insertJobs(
  store: Store,
  count: number,
  { createdAt, state, assets }: { createdAt: Date; state(number: number): TakeState; assets: boolean },
): Promise<void> {
  const tenantId = await store.tenants.ensure('default', ids.next('ten'))
  const { durationSeconds, prompt, seed } = bell
  const request = { kind: 'sound', prompt, durationSeconds, seed } as const
  const planned = { key: 'sound', role: 'sound', shot: null, needs: [], provider: PROVIDER, request, rank: 0 } as const
  const stages = newStages(['analyse', 'voice', 'check', 'optimise', 'publish'], 'sound').map((stage) => {
    if (stage.key === 'analyse') return setStage(stage, { key: 'analyse', ended: 'done' }, createdAt)
    return stage.key === 'voice' ? setStage(stage, { key: 'voice', fraction: null }, createdAt) : stage
  })
  const jobOf = (number: number): Job => ({
    id: jobId(number),
    tenantId,
    request: bell,
    retryOf: null,
    state: { state: 'running', startedAt: createdAt, playableAt: null },
    stages,
    progress: null,
    eta: null,
    plan: { title: prompt, shots: [], takes: [{ ...planned, needs: [] }], estimatedSeconds: durationSeconds, quotedSeconds: 1, notes: [] },
    assetId: assets ? assetId(number) : null,
    preview: null,
    notice: null,
    cost: { estimateMicroUsd: 1, actualMicroUsd: 0 },
    seq: 0,
    createdAt,
    deadlineAt: null,
  })
  const takeOf = (number: number): Take => ({
    id: takeId(number),
    jobId: jobId(number),
    key: planned.key,
    role: planned.role,
    shot: null,
    number: 1,
    provider: PROVIDER,
    request,
    rank: 0,
    cause: null,
    state: state(number),
    createdAt,
  })
  for (const numbers of inPortions(0, count)) {
    await store.jobs.insert(numbers.map(jobOf))
    await store.takes.insert(numbers.map(takeOf))
    if (assets) await Promise.all(numbers.map((number) => store.assets.insert(newAsset(jobId(number), { id: assetId(number) }))))
  }
}

/** The `generate` steps of those from `from` to before `to`. */
export async function insertSteps(store: Store, from: number, to: number, state: (number: number) => StepState): Promise<void> {
  const tenantId = await store.tenants.ensure('default', ids.next('ten'))
  const stepOf = (number: number): Step => ({
    id: stepId(number),
    jobId: jobId(number),
    tenantId,
    costSeconds: 0.05,
    work: { name: 'generate', takeId: takeId(number) },
    lane: 'io',
    priority: 0,
    attempt: 0,
    failures: 0,
    state: state(number),
    createdAt: new Date(),
  })
  for (const numbers of inPortions(from, to)) await store.steps.insert(numbers.map(stepOf))
}

function* inPortions(from: number, to: number): Generator<number[]> {
  for (let first = from; first < to; first += AT_ONCE) yield Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, i) => first + i)
}
