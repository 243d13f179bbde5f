import { setTimeout as pause } from 'node:timers/promises'
import { SluiceError } from '../../../domain/errors.ts'
import type { Recording, TranscribeContext, Transcriber, Transcript } from '../../../ports/transcriber.ts'
import type { Network } from '../../http/network.ts'
import { retryAfterMs } from '../../http/retry-after.ts'
import { createUpload, type Upload } from '../../http/upload.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { languageTag } from '../language-tag.ts'
import { assertTakes, endingOf, openRecording, plainMimeType } from '../recording.ts'
import { timedWords } from '../timed-words.ts'
import { accepted, transcription } from './api.ts'
import { refusalOf } from './errors.ts'

const VENDOR = 'ElevenLabs'
/** "Less than 5.0GB". */
const MAX_BYTES = 5_000_000_000 - 1
const TIMEOUT_MS = 15 * 60_000
const POLL_MS = 5_000
const MAX_POLL_MS = 30_000
const PATIENCE_MS = 2 * 3_600_000

export interface ElevenLabsTranscriberOptions {
  network: Network
  apiKey: string
  baseUrl?: string
  /** Default `scribe_v2`. */
  model?: string
  /**
   * The vendor takes the recording and works later: no connection has to last, and the transcript can be fetched again. It also sends
   * the transcript to the webhooks for transcripts of the workspace, if there are any. Default `false`: the answer is waited for.
   */
  asynchronous?: boolean
  /** Default, and the vendor's limit: 5 GB. */
  maxBytes?: number
  /** From the first byte sent until the answer begins. Default 900,000. */
  timeoutMs?: number
  /** Between two questions for a transcript, growing to 30,000. Default 5,000. */
  pollMs?: number
  /** How long a transcript may take, or be unknown. Default 7,200,000. */
  patienceMs?: number
  now?: () => number
}

/** Scribe: `POST /v1/speech-to-text`, at once or later. */
export function createElevenLabsTranscriber(options: ElevenLabsTranscriberOptions): Transcriber {
  const {
    network,
    apiKey,
    baseUrl = 'https://api.elevenlabs.io',
    model = 'scribe_v2',
    asynchronous = false,
    maxBytes = MAX_BYTES,
  } = options
  const { timeoutMs = TIMEOUT_MS, pollMs = POLL_MS, patienceMs = PATIENCE_MS, now = Date.now } = options
  const api = createVendorApi({ vendor: VENDOR, baseUrl, headers: { 'xi-api-key': apiKey }, network })

  async function uploadOf(recording: Recording, language: string | undefined): Promise<Upload> {
    const tag = language === undefined ? undefined : languageTag(language)
    if (tag === null)
      throw new SluiceError('provider_cannot', `${language} is not the tag of a language.`, {
        field: 'language',
        fix: 'Give a BCP 47 tag, e.g. en, or leave it out.',
      })
    const fields: [string, string][] = [
      ['model_id', model],
      ['timestamps_granularity', 'word'],
      // What is not said does not belong among the words.
      ['tag_audio_events', 'false'],
    ]
    if (tag !== undefined) fields.push(['language_code', new Intl.Locale(tag).language])
    if (asynchronous) fields.push(['webhook', 'true'])
    return createUpload(fields, {
      field: 'file',
      name: `recording.${endingOf(recording) ?? 'bin'}`,
      mimeType: plainMimeType(recording),
      sizeBytes: recording.sizeBytes,
      stream: await openRecording(recording),
    })
  }

  async function transcribe(recording: Recording, { language, signal, accepted: tell }: TranscribeContext): Promise<Transcript> {
    signal.throwIfAborted()
    assertTakes(VENDOR, recording, maxBytes)
    const answer = await api.order('/v1/speech-to-text', { upload: await uploadOf(recording, language), signal, timeoutMs })
    if (answer.status >= 300) throw await refusalOf(answer)
    const told = await answer.json()
    const transcript = transcriptOf(told)
    if (transcript !== undefined) return transcript
    const taken = accepted.safeParse(told)
    if (!taken.success) throw new SluiceError('submit_unknown', `${VENDOR} answered with neither a transcript nor its id.`)
    const ref = taken.data.transcription_id
    await tell?.(ref)
    return collect(ref, { signal })
  }

  /**
   * What the vendor answers before a transcript is there is not documented. Anything but a transcript counts as "not yet", a 404
   * too, until the patience is at its end.
   */
  async function collect(ref: string, { signal }: { signal: AbortSignal }): Promise<Transcript> {
    const since = now()
    for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, Math.max(pollMs, MAX_POLL_MS))) {
      const { transcript, retryMs } = await ask(ref, signal)
      if (transcript !== undefined) return transcript
      if (now() - since >= patienceMs)
        throw new SluiceError('take_lost', `${VENDOR} has no transcript ${ref} after ${Math.round(patienceMs / 1000)} s.`)
      await pause(Math.max(waitMs, retryMs ?? 0), undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  /** One question. A fault of the way there is one more reason to ask again, not the end of what was paid for. */
  async function ask(ref: string, signal: AbortSignal): Promise<{ transcript?: Transcript; retryMs?: number | undefined }> {
    try {
      const answer = await api.ask(`/v1/speech-to-text/transcripts/${encodeURIComponent(ref)}`, { signal })
      const retryMs = retryAfterMs(answer)
      if (answer.status === 404 || answer.status === 409 || answer.status === 425) {
        await answer.text()
        return { retryMs }
      }
      if (answer.status >= 300) throw await refusalOf(answer)
      const transcript = transcriptOf(await answer.json())
      return transcript === undefined ? { retryMs } : { transcript }
    } catch (error) {
      signal.throwIfAborted()
      if (!SluiceError.is(error) || (error.code !== 'provider_unavailable' && error.code !== 'provider_throttled')) throw error
      return { retryMs: error.retryAfterMs }
    }
  }

  return { id: 'elevenlabs', wordTimes: true, transcribe, collect }
}

/** `undefined` for an answer that is none. */
function transcriptOf(answer: unknown): Transcript | undefined {
  const read = transcription.safeParse(answer)
  if (!read.success) return undefined
  const { text, language_code, audio_duration_secs, words } = read.data
  const spoken = words?.filter(({ type }) => type === 'word')
  return {
    text: text.trim(),
    language: languageTag(language_code),
    durationSeconds: audio_duration_secs ?? null,
    words: timedWords(spoken?.map(({ text: word, start, end }) => ({ text: word, startSeconds: start, endSeconds: end }))),
  }
}
