import * as z from 'zod'

/** Without a time, a word is no reason to throw the transcript away. */
const seconds = z.number().nullish().catch(null)

/** `POST /audio/transcriptions`, `json` and `verbose_json`: `resources/audio/transcriptions.d.ts` of openai 7.57.0. */
export const transcription = z.looseObject({
  text: z.string(),
  /** Whisper names the language in English, in lower case. */
  language: z.string().nullish().catch(null),
  /** A string in older servers. */
  duration: z
    .union([z.number(), z.string().transform(Number)])
    .nullish()
    .catch(null),
  words: z
    .array(z.looseObject({ word: z.string(), start: seconds, end: seconds }))
    .nullish()
    .catch(null),
})
