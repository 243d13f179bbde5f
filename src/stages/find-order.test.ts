import { expect, test } from 'vitest'
import type { StageReport } from '../domain/progress.ts'
import { setTakeState, type Take, type TakeState } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { findOrder, whereIs } from './find-order.ts'

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

test.each([
  ['the provider lists none', { reconcile: async () => 'absent' as const }, 'absent'],
  ['the provider cannot be asked', {}, 'unknown'],
])('an order that another run began to send may still arrive for two minutes: %s', async (_, able, then) => {
  const orderedAt = '2026-11-22T12:00:00.000Z'
  const asked = (state: TakeState, at: string, orderSearchMs: number) => {
    const take = { id: 'tak_1', jobId: 'job_1', request: { kind: 'sound' }, state } as Take
    const provider = { id: 'acme', capabilities: { kinds: ['sound'], ...('reconcile' in able && { reconcile: 'list' }) }, ...able }
    const deps = {
      clock: { now: () => new Date(at) },
      store: { hints: { refOf: async () => undefined } },
      orderSearchMs,
    } as unknown as StageDeps
    const run = { signal: new AbortController().signal } as StepRun
    return {
      where: whereIs(deps, run, provider as Partial<Provider> as Provider, take),
      next: () => findOrder(deps, run, provider as Partial<Provider> as Provider, take),
    }
  }
  const ordering: TakeState = { state: 'ordering', orderedAt }
  const early = asked(ordering, '2026-11-22T12:00:20Z', 600_000)
  expect(await early.where).toBe('on-its-way')
  expect(await early.next()).toEqual({
    then: 'park',
    wakeAt: new Date('2026-11-22T12:00:30Z'),
    reason: 'an order to acme may be on its way',
  })
  expect(await asked(ordering, '2026-11-22T12:01:59Z', 600_000).where).toBe('on-its-way')
  expect(await asked(ordering, '2026-11-22T12:02:00Z', 600_000).where).toBe(then)
  expect(await asked(ordering, '2026-11-22T12:00:20Z', 15_000).where, 'no longer than orders are looked for').toBe(then)
  // The run that sent it said that its answer was lost: it sends no more.
  expect(await asked({ state: 'submit_unknown', orderedAt, decision: null }, '2026-11-22T12:00:20Z', 600_000).where).toBe(then)
})
