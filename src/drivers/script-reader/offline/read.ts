import { SluiceError } from '../../../domain/errors.ts'
import type { ScriptReading } from '../../../domain/words/reading.ts'
import { type ScriptWord, scriptWords } from '../../../domain/words/script.ts'
import { sentencesOf } from '../../../domain/words/sentences.ts'
import { pausesOf } from '../pauses.ts'
import { readMono, SAMPLE_RATE } from '../sound.ts'
import type { Phrase, Sayable } from './grammar.ts'
import { listen } from './listen.ts'
import type { Pronounce, ReadOrder } from './messages.ts'
import { readingOf } from './reading.ts'
import type { Recogniser } from './recogniser.ts'
import { withSounds } from './sounds.ts'

/** More of the words without a known sound, and what is heard says nothing about the script. */
const MOST_UNHEARD_OF = 0.25
/** The recogniser's time grows with the third power of the words that may be left out one after the other. */
const MOST_WORDS_IN_A_PHRASE = 40

/** Listens to one recording. Throws `provider_cannot` for a script with too many words of which it is not known how they sound. */
export async function read(recogniser: Recogniser, order: ReadOrder, pronounce: Pronounce | null): Promise<ScriptReading> {
  const { recording, script, language } = order
  const words = scriptWords(script, language)
  const sayable = await withSounds(recogniser, words, (word) => pronounce?.(word, language) ?? Promise.resolve(null))
  const unheardOf = new Set(sayable.filter(({ readings }) => readings.length === 0).map(({ index }) => index))
  if (unheardOf.size > words.length * MOST_UNHEARD_OF) {
    const some = [...unheardOf].slice(0, 5).map((index) => words[index]?.text)
    throw new SluiceError('provider_cannot', `The offline recogniser does not know how ${some.join(', ')} sound.`, {
      field: 'script',
      fix: 'Write them as they are spoken, or let a transcriber listen (SLUICE_TRANSCRIBER).',
    })
  }
  const samples = await readMono(recording, new AbortController().signal)
  const pauses = pausesOf(samples)
  const hearing = listen({ recogniser, samples, pauses, phrases: phrasesOf(script, words, sayable) })
  return readingOf(words, hearing, unheardOf, { durationSeconds: samples.length / SAMPLE_RATE, pauses })
}

/** Sentences; a long one is parted where it breathes, if it does. */
function phrasesOf(script: string, words: readonly ScriptWord[], sayable: readonly Sayable[]): Phrase[] {
  const sentences = sentencesOf(script)
  const phrases: Phrase[] = []
  let open: Sayable[] = []
  words.forEach((word, index) => {
    open.push(sayable[index] as Sayable)
    const ends = words[index + 1]?.sentence !== word.sentence
    const breathes = /^["'”’)]?[,;:–—-]/.test(sentences[word.sentence]?.slice(word.to).trimStart() ?? '')
    if (!ends && open.length < (breathes ? MOST_WORDS_IN_A_PHRASE / 2 : MOST_WORDS_IN_A_PHRASE)) return
    phrases.push({ words: open })
    open = []
  })
  return phrases
}
