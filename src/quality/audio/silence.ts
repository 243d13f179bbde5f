import { type Fault, seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'
import type { SoundFinder } from './sound-finder.ts'
import { createWindows, powerOf } from './windows.ts'

/** 20 ms: shorter than a syllable, longer than a period of the deepest voice. */
const WINDOW_SECONDS = 0.02
/** A window is silent when its louder channel has a root mean square below this. As used with FFmpeg's silencedetect for speech. */
const SILENT_POWER = powerOf(-50)

/**
 * `silence`, in seconds: the longest time in which nothing can be heard. A stretch that is silent as a whole is a fault
 * however short it is. Only asked of stretches that must be heard. Pauses between spoken sentences stay below 1.5 s, and
 * a listener takes more than two seconds for the end.
 * @param threshold silence this long or longer is a fault
 */
export function createSilence(threshold: number): SoundFinder {
  const runs = createRuns(threshold)
  let first: number | null = null
  let end = 0
  let heard = false
  let closed = false

  const windows = createWindows(WINDOW_SECONDS, ({ startSeconds, endSeconds, power }) => {
    const silent = Math.max(...power) < SILENT_POWER
    if (silent) runs.extend(startSeconds, endSeconds)
    else runs.close()
    heard ||= !silent
    first ??= startSeconds
    end = endSeconds
  })

  const nothingHeard = (): Fault[] => {
    if (!closed || heard || first === null) return []
    return [{ range: { startSeconds: first, endSeconds: end }, value: end - first }]
  }

  return {
    check: 'silence',
    unit: 's',
    threshold,
    sound: windows.add,
    faults: () => {
      const silences = runs.faults()
      return silences.length > 0 ? silences : nothingHeard()
    },
    worst: () => (first === null ? null : runs.longestSeconds()),
    describe: ({ range, value }) =>
      heard
        ? `nothing is heard for ${seconds(value)} from ${seconds(range.startSeconds)} on; less than ${seconds(threshold)} is allowed.`
        : `nothing is heard from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)} at all.`,
    close() {
      windows.end()
      runs.close()
      closed = true
    },
  }
}
