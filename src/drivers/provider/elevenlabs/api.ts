import { z } from 'zod'
import { SluiceError } from '../../../domain/errors.ts'

/**
 * What ElevenLabs answers, as its official SDK (@elevenlabs/elevenlabs-js 2.73.0, `serialization/`) reads it. Fields we do not
 * use are let through.
 */

const Alignment = z.looseObject({
  characters: z.array(z.string()),
  character_start_times_seconds: z.array(z.number()),
  character_end_times_seconds: z.array(z.number()),
})
export type Alignment = z.infer<typeof Alignment>

/** `POST /v1/text-to-speech/{voice}/with-timestamps`. */
export const SpeechAnswer = z.looseObject({
  audio_base64: z.string().min(1),
  /** Of the text as it was sent. */
  alignment: Alignment.nullish(),
  /** Of the text as it was spoken: figures in words. */
  normalized_alignment: Alignment.nullish(),
})

/** `GET /v1/history/{id}`: speech that was made before, and how it was ordered. */
export const HistoryItem = z.looseObject({
  history_item_id: z.string().min(1),
  text: z.string().nullish(),
  voice_id: z.string().nullish(),
  model_id: z.string().nullish(),
  date_unix: z.number(),
  content_type: z.string().nullish(),
  alignments: z.looseObject({ alignment: Alignment.nullish(), normalized_alignment: Alignment.nullish() }).nullish(),
})
export type HistoryItem = z.infer<typeof HistoryItem>

/** `GET /v1/history`. */
export const HistoryList = z.looseObject({
  history: z.array(HistoryItem),
  last_history_item_id: z.string().nullish(),
  has_more: z.boolean().nullish(),
})

/** `POST /v1/flows/video`. */
export const FlowTaken = z.looseObject({ id: z.string().min(1) })

/** `GET /v1/flows/video/{id}`, an entry of the list, and the `data` of a webhook. States unknown to us count as unfinished. */
export const Flow = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  content_url: z.string().nullish(),
  content_mime_type: z.string().nullish(),
  failure_reason: z.string().nullish(),
  error_message: z.string().nullish(),
})
export type Flow = z.infer<typeof Flow>

/** `GET /v1/flows/video`, the newest first. */
export const FlowList = z.looseObject({
  generations: z.array(Flow),
  next_cursor: z.string().nullish(),
  has_more: z.boolean().nullish(),
})

/** A webhook: the terminal answer of the flow, in an envelope; read without one too. */
export const FlowWebhook = z.union([z.looseObject({ type: z.string().optional(), data: Flow }).transform(({ data }) => data), Flow])

/** What is wrong, in whichever of its three bodies ElevenLabs says it. */
export interface VendorError {
  /** Its machine-readable words, e.g. `quota_exceeded`. Empty: none. */
  codes: string[]
  message: string
  /** The field of its own request. */
  param?: string
  /** A prompt it would take instead. */
  suggestion?: string
}

const Detail = z.looseObject({
  type: z.string().nullish(),
  code: z.string().nullish(),
  status: z.string().nullish(),
  message: z.string().nullish(),
  param: z.string().nullish(),
  data: z.looseObject({ prompt_suggestion: z.string().nullish() }).nullish(),
})
const Issues = z
  .array(z.looseObject({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string().nullish() }))
  .min(1)

/** `{detail: {type, code, message, status, param}}`, `{detail: {status, message}}`, `{detail: [{loc, msg, type}]}`, or plain text. */
export function readError(text: string): VendorError {
  const detail = detailOf(text)
  const issues = Issues.safeParse(detail)
  if (issues.success) {
    const param = issues.data[0]?.loc.findLast((part) => typeof part === 'string')
    const message = issues.data.map(({ loc, msg }) => `${loc.filter((part) => part !== 'body').join('.')}: ${msg}`).join('; ')
    return { codes: ['validation_error'], message, ...(typeof param === 'string' && { param }) }
  }
  const read = Detail.safeParse(detail)
  if (!read.success) return { codes: [], message: (typeof detail === 'string' ? detail : text).slice(0, 300) }
  const { code, status, type, message, param, data } = read.data
  return {
    codes: [code, status, type].filter((word) => typeof word === 'string' && word !== '') as string[],
    message: message ?? code ?? status ?? 'no reason was given',
    ...(param && { param }),
    ...(data?.prompt_suggestion && { suggestion: data.prompt_suggestion }),
  }
}

function detailOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { detail?: unknown } | null)?.detail
  } catch {
    return text
  }
}

/** An answer in the form it is documented in. Throws `provider_unavailable` for another. */
export function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer)
  if (read.success) return read.data
  throw new SluiceError('provider_unavailable', `ElevenLabs answered in another form than it documents: ${z.prettifyError(read.error)}`)
}
