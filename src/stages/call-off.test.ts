import { expect, test } from 'vitest'
import { SluiceError } from '../domain/errors.ts'
import { setTakeState, type Take, type TakeOutput, type TakeState } from '../domain/take.ts'
import type { Provider } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import { callOff } from './call-off.ts'
import type { StageDeps } from './deps.ts'

const MAX_BYTES = 100
const film: TakeOutput = { role: 'media', mimeType: 'video/mp4', locator: 'https://vendor/film' }
const timings: TakeOutput = { role: 'timings', mimeType: 'application/json', locator: 'https://vendor/timings' }

/** Calls off a delivered take whose outputs have these sizes, by locator; `gone`: the provider no longer has them. */
async function calledOff(sizes: Record<string, number> | 'gone') {
  const released: unknown[] = []
  const provider = {
    id: 'acme',
    capabilities: { kinds: ['video'] },
    status: async () => ({ state: 'lost', outcome: { class: 'lost', detail: 'gone', retry: 'reseed', charged: 'unknown' } }),
    async fetch({ locator }: TakeOutput) {
      if (sizes === 'gone') throw new SluiceError('file_not_found', 'gone')
      const sizeBytes = sizes[locator] ?? 0
      async function* stream() {
        yield new Uint8Array(sizeBytes)
      }
      return { stream: stream(), fromByte: 0, sizeBytes }
    },
    release: async (ref: unknown) => released.push(ref),
  } as unknown as Provider
  const deps = {
    providers: new Map([['acme', provider]]),
    maxOutputBytes: MAX_BYTES,
    clock: { now: () => new Date(), sleep: async () => {} },
    objects: {
      async put(key: string, bytes: AsyncIterable<Uint8Array>) {
        let sizeBytes = 0
        for await (const chunk of bytes) sizeBytes += chunk.length
        return { key, sizeBytes }
      },
    },
  } as unknown as StageDeps
  const state: TakeState = { state: 'delivered', ref: { id: '1' }, outputs: [film, timings] }
  const take = { id: 'tak_1', jobId: 'job_1', provider: 'acme', state } as Take
  let ended: TakeState = state
  const tx = {
    repositories: { ledger: { get: async () => ({ state: 'settled', amountMicroUsd: 700 }) } },
    settle: async () => {},
    async setTake(one: Take, to: TakeState) {
      ended = to
      return setTakeState(one, to)
    },
  } as unknown as JobTransaction
  const run = {
    signal: new AbortController().signal,
    checkpoint: (write: (tx: JobTransaction) => Promise<unknown>) => write(tx),
  } as unknown as StepRun
  return { closed: await callOff(deps, run, take), ended: ended as TakeState, released }
}

const paid = { class: 'cancelled', charged: 'yes', amountMicroUsd: 700 }

test('what fits is kept, what is too large stays at the provider by its own locator', async () => {
  const { closed, ended, released } = await calledOff({ [film.locator]: MAX_BYTES + 1, [timings.locator]: 10 })
  expect(closed).toBe(true)
  expect(ended).toMatchObject({
    state: 'cancelled',
    outcome: { ...paid, detail: expect.stringContaining('SLUICE_MAX_OUTPUT_BYTES') },
    late: { ref: { id: '1' }, outputs: [film, { role: 'timings', locator: expect.stringMatching(/^kept:jobs\/job_1\//), sizeBytes: 10 }] },
  })
  expect(released, 'it must not be forgotten there').toEqual([])
})

test('what fits is kept as a whole, and the provider may forget it', async () => {
  const { ended, released } = await calledOff({ [film.locator]: MAX_BYTES, [timings.locator]: 10 })
  const kept = expect.stringMatching(/^kept:/)
  expect(ended).toMatchObject({ state: 'cancelled', outcome: paid, late: { outputs: [{ locator: kept }, { locator: kept }] } })
  expect(released).toEqual([{ id: '1' }])
})

test('what the provider no longer has ends the take, and not the clean-up', async () => {
  const { closed, ended } = await calledOff('gone')
  expect(closed).toBe(true)
  expect(ended).toMatchObject({ state: 'cancelled', outcome: paid })
  expect(ended).not.toHaveProperty('late')
})
