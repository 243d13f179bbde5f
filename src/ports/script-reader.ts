import type { TimeRange } from '../domain/verdict.ts'

/** Raw PCM as between all tools (interleaved signed 16-bit stereo at 48 kHz) of one voice, before any mixing. */
export interface VoiceRecording {
  pcmPath: string
  durationSeconds: number
}

/** A word of the script, in its order, and what became of it. Times are seconds from the start of the recording. */
export interface ReadWord {
  /** As written in the script. */
  text: string
  /** `yes`: it was heard; `no`: it was left out; `otherwise`: another word was said in its place. */
  heard: 'yes' | 'no' | 'otherwise'
  /** When; where it should have been, for one that was left out. */
  range: TimeRange
  /** What was said in its place, where that is known. */
  as?: string
}

/** What was heard of a script. */
export interface ScriptReading {
  words: ReadWord[]
  /** Speech that belongs to no word of the script. `text` is `null` where it is only known that somebody speaks. */
  extra: { range: TimeRange; text: string | null }[]
  /** BCP 47, as it was heard; `null`: the reader cannot tell. */
  language: string | null
}

export interface ReadContext {
  /** BCP 47, what the script is written in. */
  language: string
  signal: AbortSignal
}

/**
 * Someone who listens to a voice and says what it made of its script. One folder each under `drivers/script-reader/`.
 *
 * Throws `provider_cannot` for a language or length it does not take, and whatever its part says when it is down; the check
 * is `unknown` then. Never answers with a reading it is not sure to have made.
 */
export interface ScriptReader {
  readonly id: string
  read(recording: VoiceRecording, script: string, context: ReadContext): Promise<ScriptReading>
  close?(): Promise<void>
}
