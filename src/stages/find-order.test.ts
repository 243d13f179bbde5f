import { expect, test } from 'vitest'
import type { StageReport } from '../domain/progress.ts'
import { setTakeState, type Take, type TakeState } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { findOrder } from './find-order.ts'

test('an order that was found is followed, and its stage runs from then on', async () => {
  const state: TakeState = { state: 'submit_unknown', orderedAt: '2026-11-22T12:00:00.000Z', decision: null }
  const take = { id: 'tak_1', jobId: 'job_1', key: 'sound', role: 'sound', request: { kind: 'sound' }, state } as Take
  const provider = {
    id: 'acme',
    capabilities: { kinds: ['sound'], reconcile: 'list' },
    reconcile: async () => ({ id: 'theirs' }),
  } as Partial<Provider> as Provider
  const deps = {
    clock: { now: () => new Date('2026-11-22T12:00:05Z') },
    store: { hints: { refOf: async () => undefined } },
  } as unknown as StageDeps
  const result = await findOrder(deps, { signal: new AbortController().signal } as StepRun, provider, take)
  const reports: StageReport[] = []
  let now = take
  const tx = {
    job: { id: 'job_1', plan: { shots: [], takes: [{ key: 'sound', role: 'sound', shot: null, request: { durationSeconds: 4 } }] } },
    repositories: { takes: { ofJob: async () => [now] } },
    notice: () => {},
    stage: (report: StageReport) => reports.push(report),
    setTake: async (one: Take, to: TakeState) => {
      now = setTakeState(one, to)
      return now
    },
  } as unknown as JobTransaction
  await result.write?.(tx)
  expect(result).toMatchObject({ then: 'park', wakeAt: new Date('2026-11-22T12:00:05Z') })
  expect(now.state).toEqual({ state: 'making', ref: { id: 'theirs' }, progress: null })
  expect(reports).toEqual([{ key: 'voice', fraction: 0 }])
})
