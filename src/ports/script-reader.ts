import type { ScriptReading } from '../domain/words/reading.ts'

/** Raw PCM as between all tools (interleaved signed 16-bit stereo at 48 kHz) of one voice, before any mixing. */
export interface VoiceRecording {
  pcmPath: string
  durationSeconds: number
}

export interface ReadContext {
  /** BCP 47, what the script is written in. */
  language: string
  signal: AbortSignal
}

/**
 * Someone who listens to a voice and says what it made of its script. One folder each under `drivers/script-reader/`.
 *
 * Throws `provider_cannot` for a language, length or script it does not take (names the `field`), `media_unreadable` for a
 * recording that is not there or no PCM, the reason of a signal that has gone, and whatever its part says when it is down; the
 * check is `unknown` then. Where it is not sure, the word is `unknown`, or the whole reading has its `doubt`.
 */
export interface ScriptReader {
  readonly id: string
  read(recording: VoiceRecording, script: string, context: ReadContext): Promise<ScriptReading>
  close?(): Promise<void>
}
