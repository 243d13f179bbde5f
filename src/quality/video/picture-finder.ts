import type { StillFrame } from '../../ports/media-tool.ts'
import type { FaultFinder } from '../finding.ts'

/** Looks at the pictures of a stretch, in order: at the one kind or the other, or at both. */
export interface PictureFinder extends FaultFinder {
  /** Every frame, as the small grey copy ({@link GREY_WIDTH} x {@link GREY_HEIGHT}, 0 to 255). */
  picture?(startSeconds: number, endSeconds: number, grey: Uint8Array): void
  /** The whole pictures that come now and then. Each stands for the time to the next. */
  still?(startSeconds: number, endSeconds: number, frame: StillFrame): void
}
