import { expect, test } from 'vitest'
import { scriptWords } from '../../../domain/words/script.ts'
import type { Hearing, Span } from './assign.ts'
import { readingOf } from './reading.ts'

const words = scriptWords('The moon pulls the water. It falls again.', 'en')
const recording = { durationSeconds: 8, pauses: [] }

/** Half a second a word. */
const span = (n: number, distance = 3): Span => ({ startSeconds: n / 2, endSeconds: (n + 1) / 2, distance })
const all = new Map(words.map((_, n) => [n, span(n)]))
const without = (...left: number[]) => new Map([...all].filter(([n]) => !left.includes(n)))
const more = (from: number, to: number, distance = 3): Span => ({ startSeconds: from, endSeconds: to, distance })

function read(hearing: Hearing, unheardOf: number[] = []) {
  const { words: told, extra, doubt } = readingOf(words, hearing, new Set(unheardOf), recording)
  return { heard: told.map(({ heard }) => heard[0]).join(''), told, extra: extra.map(({ range }) => range), doubt }
}

test('heard, and sure of it, or not', () => {
  expect(read({ words: all, more: [] })).toMatchObject({ heard: 'yyyyyyyy', extra: [], doubt: null })
  const unlike = new Map([...all, [2, span(2, 9)], [6, span(6, 14)]] as [number, Span][])
  expect(read({ words: unlike, more: [] }).heard).toBe('yyuyyyoy')
})

test('what is missing was left out, at that place', () => {
  const { heard, told } = read({ words: without(1, 2), more: [] })
  expect(heard).toBe('ynnyyyyy')
  expect(told[1]?.range).toEqual({ startSeconds: 1, endSeconds: 1 })
})

test('or replaced by what was said there; what is too much for it was added', () => {
  const replaced = read({ words: without(1, 2), more: [more(0.5, 1.4)] })
  expect(replaced.heard).toBe('yooyyyyy')
  expect(replaced.told[1]?.range).toEqual({ startSeconds: 0.5, endSeconds: 0.95 })
  expect(replaced.extra).toEqual([])
  // "moon pulls" has nine letters.
  const longer = read({ words: without(1, 2), more: [more(0.5, 1.4), more(1.45, 1.49), more(5, 6)] })
  expect(longer.extra).toEqual([{ startSeconds: 5, endSeconds: 6 }])
})

test('a word of which nobody knows how it sounds is neither', () => {
  expect(read({ words: without(1), more: [more(0.5, 0.9)] }, [1]).heard).toBe('yuyyyyyy')
})

test('a voice the model does not know makes it doubtful, unless every word was heard all the same', () => {
  const strange = (left: number[]) => new Map([...without(...left)].map(([n, one]) => [n, { ...one, distance: 6.2 }]))
  expect(read({ words: strange([1, 2]), more: [] }).doubt).toContain('6.2')
  expect(read({ words: strange([]), more: [] }).doubt).toBeNull()
})
