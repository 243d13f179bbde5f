/**
 * A recording to be listened to: an audio file, or a video whose sound is meant. A `path` is only read. A `stream` is read once,
 * at most; it is not read when the call is refused before anything is sent.
 */
export type Recording = ({ path: string } | { stream: AsyncIterable<Uint8Array> }) & {
  /** E.g. `audio/wav`; says how the bytes are packed. Parameters are ignored. */
  mimeType: string
  /** Exactly as many bytes as will come. */
  sizeBytes: number
}

/** A word and when it is heard, in seconds from the beginning of the recording. */
export interface TimedWord {
  /** As the vendor writes it; some leave out the punctuation. */
  text: string
  startSeconds: number
  endSeconds: number
}

/** What was heard. What the vendor does not tell is `null`, never made up here. */
export interface Transcript {
  /** Empty when nothing is said. */
  text: string
  /** BCP 47, e.g. `en`. */
  language: string | null
  /** Of the whole recording, as the vendor measured it. */
  durationSeconds: number | null
  /** In the order in which they are heard: all words with their times, or `null` where the vendor does not time each of them. */
  words: TimedWord[] | null
  /** Longer pieces with their times, where the vendor times those and not each word. */
  passages?: TimedWord[]
}

export interface TranscribeContext {
  /** What is spoken, when it is known: BCP 47, e.g. `en`. Default: the vendor finds out. */
  language?: string
  /** Once the recording is on its way, stopping does not mean that it is not charged. */
  signal: AbortSignal
  /**
   * Called as soon as a vendor that works later has taken the recording, with what {@link Transcriber.collect} needs to fetch the
   * transcript without paying again: plain text without secrets, to be written down. Awaited.
   */
  accepted?: (ref: string) => void | Promise<void>
}

/**
 * Someone who writes down what is said. One folder each under `drivers/transcriber/`.
 *
 * Errors of both calls: `provider_unavailable` and `provider_throttled` (certainly not taken; it may be tried again),
 * `provider_key_invalid`, `provider_billing`, `model_sunset`, `input_refused`.
 */
export interface Transcriber {
  readonly id: string
  /** Whether it is asked for the times of words. `false`: `words` is always `null`. */
  readonly wordTimes: boolean
  /**
   * At most one paid POST; nothing is sent twice. Throws before anything is sent: `provider_cannot` (too large, empty, of a kind
   * or in a language it does not take; names the `field`), `file_not_found` and the reason of a signal that has been aborted.
   * Later: `media_unreadable` when the recording is no sound, has not `sizeBytes` bytes or breaks off,
   * the problem the stream itself names, and
   * `submit_unknown` for every doubt: it may have been charged, and no transcript came.
   */
  transcribe(recording: Recording, context: TranscribeContext): Promise<Transcript>
  /** Waits for the transcript of a recording that was taken. Repeatable, free. Throws `take_lost` when the vendor does not have it. */
  collect?(ref: string, context: { signal: AbortSignal }): Promise<Transcript>
}
