import * as z from 'zod'

/** Without a time, a word is no reason to throw the transcript away. */
const seconds = z.number().nullish().catch(null)

const words = z
  .array(z.looseObject({ word: z.string(), start: seconds, end: seconds }))
  .nullish()
  .catch(null)

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
  words,
  /** Servers of one's own often time these alone (LocalAI, vLLM), or have the words in them (whisper.cpp: pieces of words). */
  segments: z
    .array(z.looseObject({ text: z.string(), start: seconds, end: seconds, words }))
    .nullish()
    .catch(null),
})

export type OpenAiTranscription = z.output<typeof transcription>
