import type { TenantId } from '../domain/ids.ts'
import type { QualityProfile, TimeRange, Verdict } from '../domain/verdict.ts'
import type { ScriptReading } from '../domain/words/reading.ts'
import type { Loudness, MediaProbe, StillFrame } from './media-tool.ts'
import type { ReadContext, VoiceRecording } from './script-reader.ts'

/** What was ordered, to be held against what came. `null`: was not ordered, is not checked. */
export interface Ordered {
  durationSeconds: number | null
  width: number | null
  height: number | null
  fps: number | null
  /** Whether there must be sound that can be heard. */
  audible: boolean
}

/** What a stretch of the timeline is, as far as its checks must know. */
export interface InspectedStretch {
  startSeconds: number
  /** With it a picture or sound that stops before the stretch's end is noticed; without, the stretch ends where both have stopped. */
  durationSeconds?: number
  /** `null`: no picture. */
  fps: number | null
  /** Whether there must be sound that can be heard. */
  audible: boolean
  /** What is heard, `mix` when absent: a voice alone, music, an effect, or the mix of them. Decides which checks listen. */
  sound?: 'speech' | 'music' | 'effect' | 'mix'
  /** Times on the timeline at which another picture is to begin; none when absent: one take. */
  plannedCuts?: number[]
}

/** Looks at one stretch of the timeline while it is encoded. Feed in order; ask any time. */
export interface Inspection {
  picture(seconds: number, grey: Uint8Array): void
  still(seconds: number, frame: StillFrame): void
  sound(seconds: number, pcm: Int16Array): void
  /** Verdicts that concern time before `seconds` and have not been given yet; what is still open (a running black stretch) counts as it stands. */
  judgeUntil(seconds: number): Verdict[]
  /** The rest, once the stretch has ended; includes one summary verdict per check, also the passed ones. */
  end(): Verdict[]
}

/** Measures and judges; knows definitions and thresholds, not FFmpeg. */
export interface Inspector {
  inspect(profile: QualityProfile, stretch: InspectedStretch): Inspection
  /** A take as it was delivered, against its order. */
  judgeTake(profile: QualityProfile, ordered: Ordered, probe: MediaProbe): Verdict[]
  /** The finished asset, against what was promised. */
  judgeAsset(profile: QualityProfile, ordered: Ordered, probe: MediaProbe, loudness: Loudness | null): Verdict[]
  /**
   * The gain in dB that brings a sound to `targetLufs` without its true peak passing -1.5 dBTP; 0 when it is already within ±1 LU.
   * The verdict is `repaired` when a gain was needed, `unknown` when the loudness could not be measured.
   */
  normalise(profile: QualityProfile, loudness: Loudness, targetLufs: number): { gainDb: number; verdict: Verdict }
}

/** A script, and what a voice made of it. */
export interface JudgedSpeech {
  verdicts: Verdict[]
  /** Sentences of the script that were left out or said wrongly, in their order: what could be spoken again. None where that is in doubt. */
  sentences: FaultySentence[]
  /** What was heard, to be kept with the recording: listening may cost. `null`: nobody could listen. */
  reading: ScriptReading | null
}

export interface FaultySentence {
  /** Of the script, from 0, as `sentencesOf` cuts it. */
  index: number
  text: string
  /** What of the recording is to be replaced, from pause to pause where there are any; without length where the sentence was left out. */
  range: TimeRange
}

/** Listens to a voice and holds it against its script. Never throws for a reader that is down: the verdict is `unknown` then. */
export interface SpeechJudge {
  /** @param kept of this recording, from an earlier time: nobody listens again */
  judge(
    profile: QualityProfile,
    recording: VoiceRecording,
    script: string,
    context: ReadContext,
    kept?: ScriptReading | null,
  ): Promise<JudgedSpeech>
  close?(): Promise<void>
}

/**
 * Looks at what is asked for and at what came of it, for what nobody shall see. Never throws for a moderator that is down: the verdict
 * is `unknown` then. Where nobody is set up who could look it is `unknown` as well, and says so by `notSetUp`.
 */
export interface Guard {
  /** Before anything is ordered. */
  prompt(profile: QualityProfile, tenantId: TenantId, text: string, signal: AbortSignal): Promise<Verdict[]>
  /** What is said in a voice, in the words that were heard. */
  transcript(profile: QualityProfile, tenantId: TenantId, text: string, range: TimeRange, signal: AbortSignal): Promise<Verdict[]>
  /** The pictures of a stretch, as they come. */
  pictures(profile: QualityProfile, tenantId: TenantId, stretch: InspectedStretch, signal: AbortSignal): Promise<PictureGuard>
}

export interface PictureGuard {
  /** Returns at once; the picture is looked at in the background. */
  still(seconds: number, frame: StillFrame): void
  /** Waits until everything before `seconds` was looked at. Verdicts that have not been given yet. */
  judgeUntil(seconds: number): Promise<Verdict[]>
  end(): Promise<Verdict[]>
}
