import type { MediaProbe } from '../../ports/media-tool.ts'
import type { Finding } from '../finding.ts'

const NAMES = { pq: 'PQ, SMPTE ST 2084', hlg: 'HLG, ARIB STD-B67' }

/**
 * `hdr`, counted: 1 for a picture with a high dynamic range. It is played as if its brightness were written the ordinary way, and
 * looks pale. `null`: there is no picture, or it was not read.
 */
export function checkHdr({ video }: MediaProbe, threshold: number): Finding | null {
  if (!video?.transfer) return null
  const value = video.transfer === 'sdr' ? 0 : 1
  const detail =
    video.transfer === 'sdr'
      ? 'the picture has the ordinary range of brightness.'
      : `the picture has a high dynamic range (${NAMES[video.transfer]}), which is played as if it had the ordinary one: it looks pale. Ask the provider for SDR.`
  return { measurement: { check: 'hdr', value, unit: 'count', threshold, detail }, within: value <= threshold }
}
