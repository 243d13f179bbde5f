import { expect, test } from 'vitest'
import { SluiceError } from '../domain/errors.ts'
import type { LedgerEntry } from '../domain/spend.ts'
import { setTakeState, type Take, type TakeState } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { followTake } from './follow-take.ts'
import { orderTake } from './order-take.ts'

const ended = new SluiceError('model_sunset', 'Acme has offered old until 2026-11-22.', { field: 'model', fix: 'Use one of new.' })
const done: TakeStatus = { state: 'succeeded', outputs: [{ role: 'media', mimeType: 'video/mp4', locator: 'a' }] }

/** One take at a provider whose model ended after the take was reserved for 700 micro-dollars. */
function oneTake(state: TakeState) {
  const wrote: unknown[][] = []
  const provider = {
    id: 'acme',
    capabilities: { kinds: ['video'] },
    quote: () => {
      throw ended
    },
    status: async () => done,
  } as Partial<Provider> as Provider
  const entry = { state: 'reserved', amountMicroUsd: 700, basis: 'acme:2026-11-01' } as LedgerEntry
  const ledger = { get: async () => entry }
  const take = { id: 'tak_1', key: 'clip:0', role: 'clip', provider: 'acme', request: { kind: 'video' }, state } as Take
  const tx = {
    job: { plan: null, request: { policy: { maxTakesPerShot: 1 } } },
    repositories: { ledger, takes: { ofJob: async () => [take] }, accounts: { enter: async () => ({ enter: true }) } },
    settle: async (_take: Take, amount: number, basis: string) => wrote.push(['settled', amount, basis]),
    releaseReserve: async () => wrote.push(['released']),
    setTake: async (one: Take, to: TakeState) => {
      wrote.push(['take', to.state])
      return setTakeState(one, to)
    },
    addSteps: async () => {},
    end: async (how: string, outcome: { class: string }) => wrote.push([how, outcome.class]),
  } as unknown as JobTransaction
  const deps = {
    store: { ledger },
    providers: new Map([['acme', provider]]),
    inFlight: () => null,
    ordersPerMinute: () => null,
  } as unknown as StageDeps
  const run = {
    signal: new AbortController().signal,
    checkpoint: (change: (tx: JobTransaction) => Promise<unknown>) => change(tx),
  } as unknown as StepRun
  return { deps, run, provider, take, tx, wrote }
}

const making: TakeState = { state: 'making', ref: { id: '1' }, progress: null }

test('what is delivered is settled at the price it was reserved for, though its model has ended since', async () => {
  const { deps, run, provider, take, tx, wrote } = oneTake(making)
  const result = await followTake(deps, run, provider, take)
  await result.write?.(tx)
  expect(wrote).toEqual([
    ['settled', 700, 'acme:2026-11-01'],
    ['take', 'delivered'],
  ])
})

test('a take whose model ended after the plan is not ordered, and ends as such', async () => {
  const { deps, run, provider, take, tx, wrote } = oneTake({ state: 'planned' })
  const result = await orderTake(deps, run, provider, take)
  await result.write?.(tx)
  expect(wrote).toEqual([['released'], ['take', 'failed'], ['failed', 'sunset']])
})
