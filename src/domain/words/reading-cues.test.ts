import { expect, test } from 'vitest'
import type { ScriptReading } from './reading.ts'
import { cuesOfReading } from './reading-cues.ts'
import { scriptWords } from './script.ts'

const LONG =
  'Solar made 27 percent of all power in April, coal 24 percent and wind 18 percent, the operator of the grid said on Monday, and nobody had expected that it would come so soon.'
const SCRIPT = `“It works,” she said. ${LONG} They left.`

/** A word a second; those of the last sentence were left out. */
function heard(script: string): ScriptReading {
  const words = scriptWords(script, 'en')
  const last = words.at(-1)?.sentence
  const read = words.map(({ text, sentence }, n) => {
    const range = { startSeconds: n, endSeconds: n + 0.8 }
    return { text, heard: sentence === last ? ('no' as const) : ('yes' as const), range }
  })
  return { reader: 'scripted', words: read, extra: [], pauses: [], language: null, doubt: null }
}

test('a sentence is a cue for as long as it is heard, as it was written; a long one several, without a gap', () => {
  const cues = cuesOfReading(SCRIPT, heard(SCRIPT), 'en')
  expect(cues[0]).toEqual({ startSeconds: 0, endSeconds: 3.8, text: '“It works,” she said.' })
  const rest = cues.slice(1)
  expect(rest.length).toBeGreaterThan(1)
  expect(rest.map(({ text }) => text).join(' ')).toBe(LONG)
  expect(rest[0]?.startSeconds).toBe(4)
  for (const [n, cue] of rest.entries()) expect(cue.endSeconds).toBe(rest[n + 1]?.startSeconds ?? 37.8)
  expect(cues.some(({ text }) => text === 'They left.')).toBe(false)
})

test('each piece begins with its own first word', () => {
  const words = scriptWords(SCRIPT, 'en')
  for (const { startSeconds, text } of cuesOfReading(SCRIPT, heard(SCRIPT), 'en')) {
    const first = text.replace(/^\W+/, '').split(/\W/)[0]
    expect(words[startSeconds]?.text.startsWith(first ?? '?')).toBe(true)
  }
})
