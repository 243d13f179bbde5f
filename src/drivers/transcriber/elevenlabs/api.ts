import * as z from 'zod'

const seconds = z.number().nullish().catch(null)

/** A finished transcript: `SpeechToTextChunkResponseModel` of @elevenlabs/elevenlabs-js 2.73.0. */
export const transcription = z.looseObject({
  text: z.string(),
  /** ISO 639-3, e.g. `eng`. */
  language_code: z.string().nullish().catch(null),
  audio_duration_secs: seconds,
  words: z
    .array(z.looseObject({ text: z.string(), type: z.string().catch('word'), start: seconds, end: seconds }))
    .nullish()
    .catch(null),
})

/** Taken, to be transcribed later: `SpeechToTextWebhookResponseModel`. */
export const accepted = z.looseObject({ transcription_id: z.string().min(1) })
