import { expect, test } from 'vitest'
import type { Take } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import type { StepRun } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { followTake } from './follow-take.ts'

const now = new Date('2026-11-22T12:00:00Z')

/** Seconds until a take that is so many seconds old is asked for again. */
async function pauseOf(ageSeconds: number, capabilities: Partial<Provider['capabilities']>, status: Partial<TakeStatus> = {}) {
  const provider = {
    id: 'acme',
    capabilities: { kinds: ['video'], ...capabilities },
    status: async () => ({ state: 'running', progress: null, ...status }),
  } as Partial<Provider> as Provider
  const take = {
    id: 'tak_1',
    state: { state: 'making', ref: {}, progress: null },
    createdAt: new Date(now.getTime() - ageSeconds * 1_000),
  } as unknown as Take
  const deps = { clock: { now: () => now } } as StageDeps
  const result = await followTake(deps, { signal: new AbortController().signal } as StepRun, provider, take)
  if (result.then !== 'park') throw new Error(`the step ends with ${result.then}`)
  return (result.wakeAt.getTime() - now.getTime()) / 1_000
}

/** At least this, and at most a fifth more: the jitter. */
async function expectAbout(pause: Promise<number>, seconds: number): Promise<void> {
  expect(await pause).toBeGreaterThanOrEqual(seconds)
  expect(await pause).toBeLessThanOrEqual(seconds * 1.2)
}

test('a take is asked for every five seconds, less often the longer it takes, and at least once a minute', async () => {
  await expectAbout(pauseOf(1, {}), 5)
  await expectAbout(pauseOf(200, {}), 20)
  await expectAbout(pauseOf(100_000, {}), 60)
})

test('Retry-After is kept, also by a provider that has a pace of its own', async () => {
  await expectAbout(pauseOf(1, {}, { retryAfterMs: 90_000 }), 90)
  await expectAbout(pauseOf(1, { pollMs: 5_000 }, { retryAfterMs: 90_000 }), 90)
})

test("a provider's own pace is where it begins", async () => {
  await expectAbout(pauseOf(1, { pollMs: 10_000 }), 10)
  await expectAbout(pauseOf(300, { pollMs: 10_000 }), 30)
  expect(await pauseOf(300, { pollMs: 1_000, volatile: true })).toBe(1)
})
