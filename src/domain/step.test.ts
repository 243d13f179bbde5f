import { expect, test } from 'vitest'
import { SluiceError } from './errors.ts'
import { retryAfter } from './step.ts'

/** The pauses before each further try, until the step is given up. */
function pauses(error: SluiceError): number[] {
  const found: number[] = []
  for (let failures = 1; ; failures++) {
    const delayMs = retryAfter(failures, error)
    if (delayMs === null) return found
    found.push(delayMs)
  }
}

test('a step that fails is tried four times within eleven seconds, or as the error says', () => {
  expect(pauses(new SluiceError('media_tool_failed', 'FFmpeg failed.'))).toEqual([500, 2_000, 8_000])
  expect(pauses(new SluiceError('provider_throttled', 'Later.', { retryAfterMs: 7_000 }))).toEqual([7_000, 7_000, 7_000])
  expect(pauses(new SluiceError('input_refused', 'Never.'))).toEqual([])
})

test.each(['storage_full', 'storage_unavailable', 'transcoder_unavailable'] as const)('it waits for an hour on %s', (code) => {
  const waits = pauses(new SluiceError(code, 'Gone.'))
  expect(waits.slice(0, 5)).toEqual([500, 2_000, 8_000, 30_000, 30_000])
  const minutes = waits.reduce((sum, ms) => sum + ms, 0) / 60_000
  expect(minutes).toBeGreaterThan(57)
  expect(minutes).toBeLessThan(61)
  expect(pauses(new SluiceError(code, 'Broken for good.', { retry: 'never' }))).toEqual([])
})
