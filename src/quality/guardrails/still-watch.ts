import type { QualityProfile, Verdict } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import type { Logger } from '../../ports/logger.ts'
import type { StillFrame } from '../../ports/media-tool.ts'
import type { Glance } from './changes.ts'

/** One check that follows the pictures of a stretch. The calls of `PictureGuard`. */
export interface StillWatch {
  still(atSeconds: number, frame: StillFrame, glance: Glance): void
  judgeUntil(seconds: number): Promise<Verdict[]>
  end(): Promise<Verdict[]>
}

/** What it follows, and for whom. */
export interface Watched {
  profile: QualityProfile
  stretch: InspectedStretch
  signal: AbortSignal
  log: Logger
  /** How long one may take over a picture. */
  pictureLimitMs: number
}
