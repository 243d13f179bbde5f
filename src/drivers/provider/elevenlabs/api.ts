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

/** An answer in the form it is documented in. Throws `provider_unavailable` for another. */
export function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer)
  if (read.success) return read.data
  throw new SluiceError('provider_unavailable', `ElevenLabs answered in another form than it documents: ${z.prettifyError(read.error)}`)
}
