import { access, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import createModule, { type Decoder } from 'soundswallower'
import { SluiceError } from '../../../domain/errors.ts'
import { SAMPLE_RATE } from '../sound.ts'
import { PAUSE, phoneToken } from './grammar.ts'

/** What was recognised in a stretch of the sound. Times in seconds from its start. */
export interface Segment {
  /** A word or sign of the grammar; empty where it is silence. */
  token: string
  startSeconds: number
  endSeconds: number
  /** How much worse the sound fits this than the best any sound of the language could do, in nats per 10 ms. 2 to 5 where it is right. */
  distance: number
}

export interface Recogniser {
  /** The sounds of the language, as the dictionary writes them. */
  phones: string[]
  knows(word: string): boolean
  /** Adds words with their sounds, e.g. `Z IH N`. One that is known, or has sounds of another language, is an error. */
  learn(words: readonly (readonly [word: string, sounds: string])[]): void
  /** What of a JSGF grammar was said. Empty: nothing of it. `thorough` takes twice as long and loses the right way less easily. */
  hear(grammar: string, samples: Float32Array, thorough?: boolean): Segment[]
}

/** A trace of noise: digital silence has no logarithm. */
const DITHER = 0.002
/** Scores are logarithms to the base 1.0001, shifted right by 10 bits (`SENSCR_SHIFT`). */
const NATS = 2 ** 10
const FRAMES_PER_SECOND = 100
/**
 * How much less likely than the best a way may be and still be followed: anywhere, and at the end of a word. Narrower ones lose
 * words said twice (1e-30), wider ones (1e-48) take a quarter longer and find no more.
 */
const QUICK = { whole: 1e-38, word: 1e-30 }
const THOROUGH = { whole: 1e-70, word: 1e-55 }
/** A step of the grammar without a sound. */
const NO_WORD = '(NULL)'

/** @param folder of the model: `mdef`, `means`, `dict.txt` and so on. Takes half a second. Throws `provider_unavailable` without it. */
export async function loadRecogniser(folder: string): Promise<Recogniser> {
  await access(join(folder, 'dict.txt')).catch((cause: unknown) => {
    throw new SluiceError('provider_unavailable', `The speech model is not at ${folder}.`, {
      fix: 'Install it again (npm install --no-save soundswallower), or set SLUICE_TRANSCRIBER.',
      retry: 'never',
      cause,
    })
  })
  const silent = (): void => {}
  const module = await createModule({ print: silent, printErr: silent, modelBase: folder + sep } as Parameters<typeof createModule>[0])
  // All sounds are scored, not only those the grammar has: what was heard is then measured against all that could be.
  const config = { hmm: folder, loglevel: 'FATAL', samprate: SAMPLE_RATE, compallsen: true, lw: 1 }
  const decoder: Decoder = new module.Decoder(config)
  await decoder.initialize()
  const phoneset = JSON.parse(await readFile(join(folder, 'phoneset.json'), 'utf8')) as Record<string, string>
  const phones = Object.keys(phoneset).filter((phone) => /^[A-Za-z]+$/.test(phone) && phone !== 'SIL')
  decoder.add_words([PAUSE, 'SIL'], ...phones.map((phone): [string, string] => [phoneToken(phone), phone]))

  return {
    phones,
    knows: (word) => decoder.lookup_word(word) !== null,
    learn(words) {
      if (words.length > 0) decoder.add_words(...words.map(([word, sounds]): [string, string] => [word, sounds]))
    },
    hear(grammar, samples, thorough = false) {
      const { whole, word } = thorough ? THOROUGH : QUICK
      decoder.set_config('beam', whole)
      decoder.set_config('pbeam', whole)
      decoder.set_config('wbeam', word)
      decoder.set_grammar(grammar)
      decoder.start()
      decoder.process_audio(dithered(samples), false, true)
      decoder.stop()
      if (!decoder.get_text()) return []
      const { w: words = [] } = decoder.get_alignment()
      return words
        .filter(({ t: token }) => token !== NO_WORD)
        .map(({ t: token, b, d, p }) => ({
          token: /^[<[]/.test(token) ? '' : token.replace(/\(\d+\)$/, ''),
          startSeconds: b,
          endSeconds: b + d,
          // Three digits are given; what rounds to nothing is as far away as they can tell.
          distance: (-Math.log(Math.max(p, 0.0005)) / (d * FRAMES_PER_SECOND)) * NATS,
        }))
    },
  }
}

/** The same noise for the same recording, so that the reading is the same. */
function dithered(samples: Float32Array): Float32Array {
  let seed = 1
  return samples.map((sample) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return sample + (seed / 2 ** 32 - 0.5) * DITHER
  })
}
