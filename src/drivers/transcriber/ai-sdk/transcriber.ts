import type { TranscriptionModelV4, TranscriptionModelV4CallOptions } from '@ai-sdk/provider'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Transcriber, Transcript } from '../../../ports/transcriber.ts'
import { languageTag } from '../language-tag.ts'
import { assertTakes, openRecording, plainMimeType } from '../recording.ts'
import { timedWords } from '../timed-words.ts'
import { transcriptionError } from './errors.ts'

/** A model gets the whole recording at once, so it is held in memory. */
const MAX_BYTES = 25 * 2 ** 20
const TIMEOUT_MS = 15 * 60_000

export interface AiSdkTranscriberOptions {
  /** As it is named here, e.g. `deepgram`. */
  id: string
  model: Pick<TranscriptionModelV4, 'specificationVersion' | 'modelId' | 'doGenerate'>
  /** Whether the model gives the times of words. The contract of the SDK does not tell. */
  wordTimes: boolean
  /**
   * What the model is called with besides, and how it is told the language (a BCP 47 tag): the contract of the SDK has no member
   * for that. Without it, a language that is given is refused.
   */
  call?: (language: string | undefined) => Pick<TranscriptionModelV4CallOptions, 'providerOptions' | 'headers'>
  /** Default 25 MiB. */
  maxBytes?: number
  /** Of the whole call. Default 900,000. */
  timeoutMs?: number
  log?: Logger
}

/**
 * Any transcription model of the Vercel AI SDK (`TranscriptionModelV4`), by its `doGenerate`, which posts once: the SDK tries again
 * in functions that are not used here.
 *
 * Its `segments` are never taken for words: some packages put the times of words there, others phrases, and some a 0 where the
 * vendor told no time. Only `words` counts. Some packages give the end of the last word for the length of the recording.
 */
export function createAiSdkTranscriber(options: AiSdkTranscriberOptions): Transcriber {
  const { id, model, wordTimes, call, maxBytes = MAX_BYTES, timeoutMs = TIMEOUT_MS, log } = options

  return {
    id,
    wordTimes,
    async transcribe(recording, { language, signal }) {
      signal.throwIfAborted()
      assertTakes(id, recording, maxBytes)
      const tag = language === undefined ? undefined : languageTag(language)
      if (tag === null || (tag !== undefined && call === undefined))
        throw new SluiceError('provider_cannot', `${id} cannot be told that ${language} is spoken.`, {
          field: 'language',
          fix: 'Leave the language out, or give a BCP 47 tag to a transcriber that takes one.',
        })
      const audio = await bytesOf(await openRecording(recording), signal)
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      const heard = await unlessAborted(
        async () =>
          model.doGenerate({
            ...call?.(tag),
            audio,
            mediaType: plainMimeType(recording),
            ...(wordTimes && { timestampGranularities: ['word' as const] }),
            abortSignal,
          }),
        abortSignal,
      ).catch((error: unknown) => {
        throw transcriptionError(id, error)
      })
      if (heard.warnings.length > 0) log?.warn({ model: model.modelId, warnings: heard.warnings }, `${id} did not take all of the order`)
      return transcriptOf(heard, wordTimes)
    },
  }
}

async function bytesOf(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const aborted = rejection(signal)
  try {
    const iterator = stream[Symbol.asyncIterator]()
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted.promise])
      if (next.done === true) return Buffer.concat(chunks)
      chunks.push(next.value)
    }
  } finally {
    aborted.forget()
  }
}

/** Not every model listens to its signal. */
async function unlessAborted<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = rejection(signal)
  try {
    return await Promise.race([run(), aborted.promise])
  } finally {
    aborted.forget()
  }
}

function rejection(signal: AbortSignal): { promise: Promise<never>; forget(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  // Nobody may be waiting any more.
  promise.catch(() => {})
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return { promise, forget: () => signal.removeEventListener('abort', abort) }
}

function transcriptOf(
  { text, language, durationInSeconds, words }: Awaited<ReturnType<TranscriptionModelV4['doGenerate']>>,
  wordTimes: boolean,
): Transcript {
  const timed = wordTimes ? words : undefined
  return {
    text: text.trim(),
    language: languageTag(language),
    durationSeconds: durationInSeconds !== undefined && Number.isFinite(durationInSeconds) ? durationInSeconds : null,
    words: timedWords(timed?.map((word) => ({ text: word.text, startSeconds: word.startSecond, endSeconds: word.endSecond }))),
  }
}
