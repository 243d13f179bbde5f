import type { ScriptWord } from '../../../domain/words/script.ts'
import type { Sayable } from './grammar.ts'
import type { Recogniser } from './recogniser.ts'

/** The words with the readings whose sounds are known, after those that are not were looked for. */
export async function withSounds(
  recogniser: Recogniser,
  words: readonly ScriptWord[],
  pronounce: (word: string) => Promise<string | null>,
): Promise<Sayable[]> {
  const spoken = new Set(words.flatMap(({ readings }) => readings.flat()))
  const silent = new Set<string>()
  for (const word of spoken) {
    if (recogniser.knows(word)) continue
    const sounds = /^[\p{L}\p{M}'.-]+$/u.test(word) ? await pronounce(word) : null
    if (sounds === null) silent.add(word)
    else recogniser.learn([[word, sounds]])
  }
  return words.map(({ readings }, index) => ({ index, readings: readings.filter((reading) => !reading.some((word) => silent.has(word))) }))
}
