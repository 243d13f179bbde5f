import type { Loudness } from '../../ports/media-tool.ts'

/** The measuring filter; true peak needs it to oversample. */
export const EBUR128 = 'ebur128=peak=true:framelog=verbose'

/** Below this the filter's answer means that nothing passed its gate (ITU-R BS.1770-4: blocks under -70 LUFS do not count). */
const GATE_LUFS = -70

/** Reads the summary the `ebur128` filter logs at its end. Pure. */
export function readLoudness(stderr: string): Loudness {
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'))
  const integrated = value(/Integrated loudness:\s+I:\s+(-?[\d.]+|-?inf|nan) LUFS/, summary)
  const heard = integrated !== null && integrated > GATE_LUFS
  return {
    integratedLufs: heard ? integrated : null,
    truePeakDbtp: value(/True peak:\s+Peak:\s+(-?[\d.]+|-?inf|nan) dBFS/, summary),
    loudnessRangeLu: heard ? value(/Loudness range:\s+LRA:\s+(-?[\d.]+|nan) LU/, summary) : null,
  }
}

function value(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text)?.[1]
  const number = Number(found)
  return found !== undefined && Number.isFinite(number) ? number : null
}
