import { expect, test } from 'vitest'
import { assign } from './assign.ts'
import { closeGrammar, type Phrase, phoneToken, wholeGrammar } from './grammar.ts'
import type { Segment } from './recogniser.ts'

const phrases: Phrase[] = [
  {
    words: [
      { index: 0, readings: [['in']] },
      {
        index: 1,
        readings: [
          ['two', 'thousand', 'six'],
          ['twenty', 'oh', 'six'],
        ],
      },
      { index: 2, readings: [['in']] },
      { index: 3, readings: [] },
    ],
  },
  { words: [{ index: 4, readings: [['in']] }] },
]

/** A tenth of a second each; `.` is silence. */
function heard(tokens: string): Segment[] {
  return tokens.split(' ').map((token, n) => ({
    token: token === '.' ? '' : token,
    startSeconds: n / 10,
    endSeconds: (n + 1) / 10,
    distance: 3,
  }))
}

function told(tokens: string) {
  const { words, more } = assign(heard(tokens), phrases)
  const at = ({ startSeconds, endSeconds }: { startSeconds: number; endSeconds: number }) =>
    `${startSeconds.toFixed(1)}-${endSeconds.toFixed(1)}`
  return { words: Object.fromEntries([...words].map(([index, span]) => [index, at(span)])), more: more.map(at) }
}

test('each token is the word it must be, in either of its readings', () => {
  expect(told('in two thousand six in _pause_ in')).toEqual({
    words: { 0: '0.0-0.1', 1: '0.1-0.4', 2: '0.4-0.5', 4: '0.6-0.7' },
    more: [],
  })
  expect(told('. twenty oh six . in _pause_')).toEqual({ words: { 1: '0.1-0.4', 2: '0.5-0.6' }, more: [] })
})

test('the pauses tell which phrase a word is of', () => {
  expect(told('_pause_ in').words).toEqual({ 4: '0.1-0.2' })
  expect(told('in _pause_').words).toEqual({ 0: '0.0-0.1' })
})

test('other sounds are one stretch of speech until a word or silence ends it', () => {
  expect(told('in _aa_ _b_ in _pause_ _k_ . _k_ in')).toEqual({
    words: { 0: '0.0-0.1', 2: '0.3-0.4', 4: '0.8-0.9' },
    more: ['0.1-0.3', '0.5-0.6', '0.7-0.8'],
  })
})

test('grammars name every word once, and other speech where it may be', () => {
  const grammar = wholeGrammar(phrases, ['AA', 'B'])
  expect(grammar).toMatch(/^#JSGF V1\.0 UTF-8;\n/)
  expect(grammar).toContain('( two thousand six | twenty oh six )')
  expect(grammar).toContain(phoneToken('AA'))
  expect(grammar.match(/<edge>/g)).toHaveLength(2)
  expect(closeGrammar(phrases[0]?.words ?? [], ['AA']).match(/<gap> [(]|<gap>;/g)?.length).toBeGreaterThan(3)
})
