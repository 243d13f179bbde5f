import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import type { Loudness, MediaProbe } from './media-tool.ts'

/** What was ordered, to be held against what came. `null`: was not ordered, is not checked. */
export interface Ordered {
  durationSeconds: number | null
  width: number | null
  height: number | null
  fps: number | null
  /** Whether there must be sound that can be heard. */
  audible: boolean
}

/** Looks at one stretch of the timeline while it is encoded. Feed in order; ask any time. */
export interface Inspection {
  picture(seconds: number, grey: Uint8Array): void
  sound(seconds: number, pcm: Int16Array): void
  /** Verdicts that concern time before `seconds` and have not been given yet; what is still open (a running black stretch) counts as it stands. */
  judgeUntil(seconds: number): Verdict[]
  /** The rest, once the stretch has ended; includes one summary verdict per check, also the passed ones. */
  end(): Verdict[]
}

/** Measures and judges; knows definitions and thresholds, not FFmpeg. */
export interface Inspector {
  /** With `durationSeconds` a picture or sound that stops before the stretch's end is noticed; without, the stretch ends where both have stopped. */
  inspect(
    profile: QualityProfile,
    stretch: { startSeconds: number; durationSeconds?: number; fps: number | null; audible: boolean },
  ): Inspection
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
