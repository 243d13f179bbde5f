import { type FinishPiece, PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import type { MixWindow } from '../mix/mix-window.ts'
import type { PictureTrack } from './picture-track.ts'
import type { Slot } from './timeline.ts'

/** Sound is handed on in parts of this length. */
const SOUND_PART_SAMPLES = PCM_SAMPLE_RATE / 2

/** What the checks see of a segment's time. */
export async function* pictures(
  track: PictureTrack | null,
  { frames, startSeconds }: Slot,
  fps: number,
): AsyncGenerator<FinishPiece, void, undefined> {
  if (!track) return
  for (let frame = frames.from; frame < frames.to; frame++) {
    const seconds = startSeconds + (frame - frames.from) / fps
    yield { kind: 'picture', seconds, grey: await track.grey() }
    const still = await track.still()
    if (still) yield { kind: 'still', seconds, frame: still }
  }
}

/** What they hear of it. The mix before it is forgotten, but for a second. */
export async function* sounds(mix: MixWindow, { samples }: Slot): AsyncGenerator<FinishPiece, void, undefined> {
  for (let at = samples.from; at < samples.to; at += SOUND_PART_SAMPLES) {
    const pcm = await mix.read(at, Math.min(SOUND_PART_SAMPLES, samples.to - at))
    yield { kind: 'sound', seconds: at / PCM_SAMPLE_RATE, pcm }
  }
  mix.forget(samples.to - PCM_SAMPLE_RATE)
}
