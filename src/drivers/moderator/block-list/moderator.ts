import { comparablePatterns, comparableWords } from '../../../domain/block-list.ts'
import { SluiceError } from '../../../domain/errors.ts'
import type { ModerationCategory, Moderator } from '../../../ports/moderator.ts'

type Fits = (word: string) => boolean

/** An entry goes by the number under which its owner finds it: the words themselves shall not be repeated. */
interface Entry {
  number: number
  words: Fits[]
}

/** Finds the entries of one block list (`domain/block-list.ts`) in a text: whole words, one after the other. */
export function createBlockListModerator(entries: readonly string[]): Moderator {
  const byFirstWord = new Map<string, Entry[]>()
  const withStar: Entry[] = []
  for (const [index, text] of entries.entries()) {
    const patterns = comparablePatterns(text)
    const [first = ''] = patterns
    const entry = { number: index + 1, words: patterns.map(fitting) }
    if (first.includes('*')) withStar.push(entry)
    else byFirstWord.set(first, [...(byFirstWord.get(first) ?? []), entry])
  }

  /** The numbers of the entries in it, in their order. */
  function found(text: string): number[] {
    const words = comparableWords(text)
    const beginning = new Map([...new Set(words)].map((word) => [word, begunBy(word)]))
    const numbers = new Set<number>()
    for (const [at, word] of words.entries())
      for (const entry of beginning.get(word) ?? [])
        if (entry.words.every((fits, next) => fits(words[at + next] ?? ''))) numbers.add(entry.number)
    return [...numbers].sort((one, other) => one - other)
  }

  const begunBy = (word: string): Entry[] => [...(byFirstWord.get(word) ?? []), ...withStar.filter(({ words: [fits] }) => fits?.(word))]

  return {
    id: 'block-list',
    judges: ['text'],
    async moderate({ text, image }, { signal }) {
      signal.throwIfAborted()
      if (image !== undefined) throw cannot('image', 'it is a picture', 'Give the text alone.')
      if (text === undefined || text.trim() === '') throw cannot('text', 'there is none', 'Give a text.')
      const numbers = found(text)
      const categories = numbers.map((number) => categoryOf(`entry ${number}`, true))
      return { flagged: numbers.length > 0, categories: numbers.length > 0 ? categories : [categoryOf('entries', false)], model: null }
    },
  }
}

const categoryOf = (name: string, flagged: boolean): ModerationCategory => ({ name, flagged, score: flagged ? 1 : 0, judged: ['text'] })

function fitting(pattern: string): Fits {
  const [open, close] = [pattern.startsWith('*'), pattern.endsWith('*')]
  const core = pattern.slice(open ? 1 : 0, close ? -1 : undefined)
  if (open && close) return (word) => word.includes(core)
  if (open) return (word) => word.endsWith(core)
  if (close) return (word) => word.startsWith(core)
  return (word) => word === core
}

function cannot(field: 'text' | 'image', why: string, fix: string): SluiceError {
  return new SluiceError('provider_cannot', `A block list cannot judge the ${field}: ${why}.`, { field, fix })
}
