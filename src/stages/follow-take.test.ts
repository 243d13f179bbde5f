import { expect, test } from 'vitest'
import type { Preview } from '../domain/job.ts'
import { setTakeState, type Take, type TakeState } from '../domain/take.ts'
import type { Provider, TakePreview, TakeStatus } from '../ports/provider.ts'
import type { JobTransaction, StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { followTake } from './follow-take.ts'

const now = new Date('2026-11-22T12:00:00Z')
const making = { state: 'making', ref: { id: '1' }, progress: 0.25 } as const

/** Asks once for a take that stands like this. Says what was stored, and what is written when the step parks. */
async function ask(state: TakeState, status: TakeStatus) {
  const provider = { id: 'acme', capabilities: { kinds: ['video'] }, status: async () => status } as Partial<Provider> as Provider
  const take = { id: 'tak_1', role: 'clip', state, createdAt: now } as Take
  const stored: string[] = []
  const deps = { clock: { now: () => now }, objects: { put: async (key: string) => void stored.push(key) } } as unknown as StageDeps
  const run = {
    job: { id: 'job_1', createdAt: new Date(now.getTime() - 7_000) },
    signal: new AbortController().signal,
  } as unknown as StepRun
  const result = await followTake(deps, run, provider, take)
  if (result.then !== 'park') throw new Error(`the step ends with ${result.then}`)
  const written: { state?: TakeState; shown?: Preview } = {}
  const tx = {
    job: { plan: null },
    preview(preview: Preview) {
      written.shown = preview
    },
    setTake: async (one: Take, to: TakeState) => {
      written.state = to
      return setTakeState(one, to)
    },
  } as unknown as JobTransaction
  await result.write?.(tx)
  return { writes: result.write !== undefined, stored, ...written }
}

const picture = (seq: number): TakePreview => ({ kind: 'image', mimeType: 'image/jpeg', bytes: new Uint8Array(1), alt: 'a bell', seq })

test('an answer like the one before writes nothing', async () => {
  expect(await ask(making, { state: 'running', progress: 0.25 })).toEqual({ writes: false, stored: [] })
  expect(await ask({ ...making, progress: null }, { state: 'queued' })).toEqual({ writes: false, stored: [] })
  expect(await ask({ ...making, progress: null }, { state: 'throttled', retryAfterMs: 9_000 })).toEqual({ writes: false, stored: [] })
})

test('progress is written', async () => {
  const asked = await ask(making, { state: 'running', progress: 0.5 })
  expect(asked).toEqual({ writes: true, stored: [], state: { ...making, progress: 0.5 } })
})

test('a picture is stored and shown once, whoever asks the next time', async () => {
  const first = await ask(making, { state: 'running', progress: 0.25, preview: picture(3) })
  expect(first).toMatchObject({ stored: ['jobs/job_1/previews/7000.jpg'], shown: { seq: 7_000 }, state: { ...making, pictureSeq: 3 } })
  if (!first.state) throw new Error('nothing was written')
  expect(await ask(first.state, { state: 'running', progress: 0.25, preview: picture(3) })).toEqual({ writes: false, stored: [] })
  const moved = await ask(first.state, { state: 'running', progress: 0.5, preview: picture(3) })
  expect(moved).toEqual({ writes: true, stored: [], state: { ...making, progress: 0.5, pictureSeq: 3 } })
  const next = await ask(first.state, { state: 'running', progress: 0.25, preview: picture(4) })
  expect(next.state).toEqual({ ...making, pictureSeq: 4 })
})
