import { expect, test } from 'vitest'
import { cuesOf } from './cues.ts'

test('pieces follow each other without a gap and begin after the voice’s pause', () => {
  // 16 s of speech with a pause from 4.0 to 4.3 s; a quarter of the letters are said after about 4 s.
  const phones = [
    { name: 'pau', endSeconds: 0.2 },
    ...Array.from({ length: 38 }, (_, n) => ({ name: 'ah', endSeconds: 0.2 + 0.1 * (n + 1) })),
    { name: 'pau', endSeconds: 4.3 },
  ]
  for (let n = 0; n < 40; n++) phones.push({ name: 'ah', endSeconds: 4.3 + 0.1 * (n + 1) })
  phones.push({ name: 'pau', endSeconds: 8.6 })
  const text =
    'The first half of this sentence is just about as long as the other one is, and the second half of it is about as long as the first one was.'
  const cues = cuesOf(text, phones, { startSeconds: 0.2, endSeconds: 8.3 }, 10)
  expect(cues.map((cue) => cue.text).join(' ')).toBe(text)
  expect(cues).toHaveLength(2)
  expect(cues[0]?.startSeconds).toBe(10)
  expect(cues[1]?.startSeconds).toBeCloseTo(10 + 4.3 - 0.2, 5)
  expect(cues[0]?.endSeconds).toBe(cues[1]?.startSeconds)
  expect(cues[1]?.endSeconds).toBeCloseTo(18.1, 5)
})
