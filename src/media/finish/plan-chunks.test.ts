import { expect, test } from 'vitest'
import { planChunks } from './plan-chunks.ts'

test.each([1, 2, 5, 6, 15, 100])('%i segments are each in one chunk, in order, the first alone', (segments) => {
  const chunks = planChunks(segments)
  expect(chunks[0]).toEqual({ from: 0, to: 1 })
  expect(chunks.at(-1)?.to).toBe(segments)
  for (const [i, { from, to }] of chunks.entries()) {
    expect(to).toBeGreaterThan(from)
    if (i > 0) expect(from).toBe(chunks[i - 1]?.to)
  }
})
