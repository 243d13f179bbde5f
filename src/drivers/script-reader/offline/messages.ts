import type { StoredError } from '../../../domain/errors.ts'
import type { ScriptReading } from '../../../domain/words/reading.ts'
import type { VoiceRecording } from '../../../ports/script-reader.ts'

/** One recording to be read; the thread answers each before it takes the next. */
export interface ReadOrder {
  recording: VoiceRecording
  script: string
  /** BCP 47. */
  language: string
}

/** What a thread is started with. */
export interface ThreadData {
  /** Of the model of its language. */
  modelFolder: string
  /** Address of a module that exports {@link Pronounce} as `pronounce`, or `null`. */
  pronouncer: string | null
}

/**
 * How a word sounds that no dictionary has, in the sounds of the model (`HH AH L OW`); `null`: it does not know either.
 * @param language BCP 47
 */
export type Pronounce = (word: string, language: string) => Promise<string | null>

export type FromThread = { type: 'read'; reading: ScriptReading } | { type: 'failed'; error: StoredError }
