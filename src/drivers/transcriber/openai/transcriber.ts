import { SluiceError } from '../../../domain/errors.ts'
import { isOver } from '../../../domain/sunset.ts'
import type { TimedWord, Transcriber, Transcript } from '../../../ports/transcriber.ts'
import type { Network } from '../../http/network.ts'
import { createUpload } from '../../http/upload.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { languageTag } from '../language-tag.ts'
import { assertTakes, endingOf, openRecording, plainMimeType } from '../recording.ts'
import { timedWords } from '../timed-words.ts'
import { type OpenAiTranscription, transcription } from './api.ts'
import { refusedRecording } from './errors.ts'
import { openAiTranscriptionModels } from './models.ts'

const VENDOR = 'OpenAI'
const MAX_BYTES = 25 * 2 ** 20
const TIMEOUT_MS = 10 * 60_000
/** The kinds of files it documents. */
const ENDINGS = new Set(['flac', 'mp3', 'mp4', 'mpeg', 'mpga', 'm4a', 'ogg', 'wav', 'webm'])

export interface OpenAiTranscriberOptions {
  network: Network
  apiKey: string
  /** With its `/v1`. Default: OpenAI. Servers of one's own with the same API do as well. */
  baseUrl?: string
  /** Default `whisper-1`, the only one of OpenAI's known to time words; it ends on 26 February 2027. */
  model?: string
  /** Whether `model` takes `verbose_json` with the times of words. Default: as known of OpenAI's models, `false` for others. */
  wordTimes?: boolean
  /** Default 25 MiB. */
  maxBytes?: number
  /** From the first byte sent until the answer begins. Default 600,000. */
  timeoutMs?: number
  now?: () => Date
}

/** `POST /v1/audio/transcriptions`, of OpenAI and of servers that speak as it does. */
export function createOpenAiTranscriber(options: OpenAiTranscriberOptions): Transcriber {
  const { network, apiKey, baseUrl = 'https://api.openai.com/v1', model = 'whisper-1', maxBytes = MAX_BYTES } = options
  const { timeoutMs = TIMEOUT_MS, now = () => new Date() } = options
  const api = createVendorApi({ vendor: VENDOR, baseUrl, headers: { authorization: `Bearer ${apiKey}` }, network })
  const known = openAiTranscriptionModels.find(({ id }) => id === model)
  const wordTimes = options.wordTimes ?? known?.wordTimes ?? false

  return {
    id: 'openai',
    wordTimes,
    async transcribe(recording, { language, signal }) {
      signal.throwIfAborted()
      const ending = endingOf(recording)
      assertTakes(VENDOR, recording, maxBytes)
      if (ending === undefined || !ENDINGS.has(ending))
        throw new SluiceError('provider_cannot', `${VENDOR} does not take recordings of the type ${recording.mimeType}.`, {
          field: 'mimeType',
          fix: `Give it as one of ${[...ENDINGS].join(', ')}.`,
        })
      if (isOver(known?.sunset, now()))
        throw new SluiceError('model_sunset', `${VENDOR} has switched off ${model} on ${known?.sunset}.`, {
          field: 'model',
          fix: 'Choose another model for transcription.',
        })
      const spoken = spokenIn(language)
      const upload = createUpload(
        [
          ['model', model],
          ['response_format', wordTimes ? 'verbose_json' : 'json'],
          ...(wordTimes ? [['timestamp_granularities[]', 'word'] as const] : []),
          ...(spoken === undefined ? [] : [['language', spoken] as const]),
        ],
        {
          field: 'file',
          name: `recording.${ending}`,
          mimeType: plainMimeType(recording),
          sizeBytes: recording.sizeBytes,
          stream: await openRecording(recording),
        },
      )
      const answer = await api.order('/audio/transcriptions', { upload, signal, timeoutMs })
      if (answer.status !== 200) throw await refusedRecording(VENDOR, answer)
      return transcriptOf(await answer.json())
    },
  }
}

/** It takes languages of two letters, or three where there are none of two: without their region. */
function spokenIn(language: string | undefined): string | undefined {
  if (language === undefined) return undefined
  const tag = languageTag(language)
  if (tag === null)
    throw new SluiceError('provider_cannot', `${language} is not the tag of a language.`, {
      field: 'language',
      fix: 'Give a BCP 47 tag, e.g. en, or leave it out.',
    })
  return new Intl.Locale(tag).language
}

function transcriptOf(answer: unknown): Transcript {
  const read = transcription.safeParse(answer)
  // It was heard and charged, but there is nothing to return.
  if (!read.success) throw new SluiceError('submit_unknown', `${VENDOR} answered without a transcript.`, { cause: read.error })
  const { text, language, duration } = read.data
  const words = wordsOf(read.data)
  const passages = words ? null : passagesOf(read.data)
  return {
    text: text.trim(),
    language: languageTag(language),
    durationSeconds: typeof duration === 'number' && Number.isFinite(duration) ? duration : null,
    words,
    ...(passages && { passages }),
  }
}

function wordsOf({ words, segments }: OpenAiTranscription): TimedWord[] | null {
  const told = words ?? (segments?.length && segments.every((segment) => segment.words?.length) ? segments.flatMap(wholeWords) : null)
  return timedWords(told?.map(({ word, start, end }) => ({ text: word, startSeconds: start, endSeconds: end })))
}

type ToldSegment = NonNullable<OpenAiTranscription['segments']>[number]
type ToldPiece = NonNullable<ToldSegment['words']>[number]

/** whisper.cpp times its tokens: one without a space before it goes on with the word before. */
function wholeWords({ words }: ToldSegment): ToldPiece[] {
  const whole: ToldPiece[] = []
  for (const piece of words ?? []) {
    const last = whole.at(-1)
    if (last && !/^\s/.test(piece.word)) whole.splice(-1, 1, { ...last, word: last.word + piece.word, end: piece.end })
    else whole.push(piece)
  }
  return whole
}

/** `null` where they do not hold the whole text. */
function passagesOf({ text, segments }: OpenAiTranscription): TimedWord[] | null {
  const letters = (said: string): string => said.replace(/\s+/g, '')
  if (!segments?.length || letters(segments.map((segment) => segment.text).join('')) !== letters(text)) return null
  return timedWords(segments.map(({ text: said, start, end }) => ({ text: said, startSeconds: start, endSeconds: end })))
}
