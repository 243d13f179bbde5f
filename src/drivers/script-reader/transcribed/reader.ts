import { SluiceError } from '../../../domain/errors.ts'
import type { TimeRange } from '../../../domain/verdict.ts'
import { align } from '../../../domain/words/align.ts'
import type { ReadWord, ScriptReading } from '../../../domain/words/reading.ts'
import { scriptWords } from '../../../domain/words/script.ts'
import type { ScriptReader } from '../../../ports/script-reader.ts'
import type { Transcriber, Transcript } from '../../../ports/transcriber.ts'
import { pausesOf, speechBetween } from '../pauses.ts'
import { readMono, SAMPLE_RATE } from '../sound.ts'
import { type HeardWord, heardWords } from './timed.ts'
import { wavBytes, wavFile } from './wav.ts'

export interface TranscribedReaderOptions {
  transcriber: Transcriber
  /** From the call to the transcript. Default 120,000. */
  timeoutMs?: number
}

/** The time and memory of comparing grow with the square of it. */
const MOST_WORDS = 3_000
/** Nobody speaks so slowly or so fast: whoever heard that did not hear the recording. Words in a second of speech. */
const FEWEST_WORDS_PER_SECOND = 0.5
const MOST_WORDS_PER_SECOND = 12
/** Less speech says nothing about that. */
const SECONDS_TO_TELL = 2
const MOST_WORDS_WITHOUT_SPEECH = 3

/** Lets a transcriber write down what it hears, without telling it the script, and holds that against it. Each call is one paid transcript. */
export function createTranscribedReader({ transcriber, timeoutMs = 120_000 }: TranscribedReaderOptions): ScriptReader {
  return {
    id: `transcribed:${transcriber.id}`,
    async read(recording, script, { language, signal }) {
      const words = scriptWords(script, language)
      if (words.length > MOST_WORDS)
        throw new SluiceError('provider_cannot', `A script of ${words.length} words is too long to be compared; ${MOST_WORDS} are not.`, {
          field: 'script',
          fix: 'Make the narration in parts.',
        })
      const samples = await readMono(recording, signal)
      const durationSeconds = samples.length / SAMPLE_RATE
      const pauses = pausesOf(samples)
      const speech = speechBetween(pauses, durationSeconds)
      const transcript = await transcribed(transcriber, samples, language, signal, timeoutMs)
      const heard = heardWords(transcript, speech, durationSeconds, language)
      const { words: aligned, more } = align(words, heard)
      const read = words.map(({ text }, n): ReadWord => {
        const by = (aligned[n]?.by ?? []).map((index) => heard[index] as HeardWord)
        const said = by.map((word) => word.text).join(' ')
        const state = aligned[n]?.heard ?? 'no'
        const range = rangeOf(by) ?? placeBetween(aligned, heard, n, durationSeconds)
        return { text, heard: state, range, ...(state === 'otherwise' && { as: said }) }
      })
      return {
        reader: `transcribed:${transcriber.id}`,
        words: read,
        extra: together(more, heard),
        pauses,
        language: transcript.language,
        doubt: doubtOf(heard.length, speech),
      } satisfies ScriptReading
    },
  }
}

async function transcribed(
  transcriber: Transcriber,
  samples: Float32Array,
  language: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Transcript> {
  const limit = AbortSignal.timeout(timeoutMs)
  const recording = { stream: wavFile(samples), mimeType: 'audio/wav', sizeBytes: wavBytes(samples) }
  try {
    return await transcriber.transcribe(recording, { language, signal: AbortSignal.any([signal, limit]) })
  } catch (error) {
    signal.throwIfAborted()
    if (limit.aborted)
      throw new SluiceError('provider_unavailable', `${transcriber.id} has not transcribed it within ${timeoutMs / 1000} s.`, {
        cause: error,
      })
    throw error
  }
}

/** Where a word that was left out should have been: between the words that were heard before and after it. */
function placeBetween(aligned: readonly { by: number[] }[], heard: readonly HeardWord[], n: number, durationSeconds: number): TimeRange {
  const before = aligned
    .slice(0, n)
    .findLast(({ by }) => by.length > 0)
    ?.by.at(-1)
  const after = aligned.slice(n).find(({ by }) => by.length > 0)?.by[0]
  const from = before === undefined ? 0 : (heard[before]?.range.endSeconds ?? 0)
  const to = after === undefined ? durationSeconds : (heard[after]?.range.startSeconds ?? durationSeconds)
  const middle = (from + Math.max(from, to)) / 2
  return { startSeconds: middle, endSeconds: middle }
}

/** Words that follow each other are one thing that was said more. */
function together(more: readonly number[], heard: readonly HeardWord[]): ScriptReading['extra'] {
  const runs: number[][] = []
  for (const index of more) {
    if (index - 1 === runs.at(-1)?.at(-1)) runs.at(-1)?.push(index)
    else runs.push([index])
  }
  return runs.map((run) => {
    const said = run.map((index) => heard[index] as HeardWord)
    return { range: rangeOf(said) as TimeRange, text: said.map(({ text }) => text).join(' ') }
  })
}

function rangeOf(words: readonly HeardWord[]): TimeRange | null {
  const [first, last] = [words[0], words.at(-1)]
  return first && last ? { startSeconds: first.range.startSeconds, endSeconds: last.range.endSeconds } : null
}

function doubtOf(words: number, speech: readonly TimeRange[]): string | null {
  const seconds = speech.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)
  const plausible =
    words <= Math.max(MOST_WORDS_WITHOUT_SPEECH, seconds * MOST_WORDS_PER_SECOND) &&
    (seconds < SECONDS_TO_TELL || words >= seconds * FEWEST_WORDS_PER_SECOND)
  return plausible ? null : `The transcriber wrote down ${words} words in ${seconds.toFixed(1)} s of speech, which nobody says.`
}
