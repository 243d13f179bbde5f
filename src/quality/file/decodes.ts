import type { Ordered } from '../../ports/inspector.ts'
import type { MediaProbe } from '../../ports/media-tool.ts'
import type { Finding } from '../finding.ts'

/** Share of the frames that the length and frame rate promise. One frame less is rounding. */
const FRAME_SHARE = 0.99

/**
 * `decodes`, counted in faults: ordered streams that are missing or empty, and a picture with fewer frames than its
 * length promises (a file cut off). That every frame decodes is shown later, when the finish reads them all.
 */
export function checkDecodes(ordered: Ordered, { video, audio }: MediaProbe): Finding {
  const faults: string[] = []
  const wantsPicture = ordered.width !== null || ordered.height !== null || ordered.fps !== null
  if (wantsPicture && !(video && video.durationSeconds > 0)) faults.push('there is no picture in it')
  if (ordered.audible && !(audio && audio.durationSeconds > 0)) faults.push('there is no sound in it')
  if (video?.frames !== null && video?.frames !== undefined) {
    const promised = video.durationSeconds * video.fps
    if (video.frames < promised * FRAME_SHARE - 1) faults.push(`it has ${video.frames} of ${Math.round(promised)} frames`)
  }
  const streams = [video && `picture (${video.codec})`, audio && `sound (${audio.codec})`].filter((stream) => stream !== null)
  const detail =
    faults.length > 0
      ? `the file is not whole: ${faults.join(', ')}.`
      : `the file has ${streams.join(' and ') || 'nothing that was ordered'}.`
  return { measurement: { check: 'decodes', value: faults.length, unit: 'count', threshold: 0, detail }, within: faults.length === 0 }
}
