import { checks } from '../../domain/checks/index.ts'
import type { TimeRange } from '../../domain/verdict.ts'
import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import type { Fault, FaultFinder } from '../finding.ts'

export interface SoundFinder extends FaultFinder {
  /** Interleaved signed 16-bit stereo at 48 kHz; `startSeconds` is the time of its first sample. */
  sound(startSeconds: number, pcm: Int16Array): void
}

/** How a check measures a stretch that must have been heard to its end. */
export interface WholeMeasure {
  sound(startSeconds: number, pcm: Int16Array): void
  /** Once, after the end, in the check's unit. `null`: there was too little to measure. */
  measure(): number | null
  /** A sentence with the figures, about a value beyond the threshold. */
  describe(value: number): string
  /** The part of the whole that a fault is in; all of it when absent. */
  place?(whole: TimeRange): TimeRange
}

/** A check with one figure for the whole of a stretch. It finds nothing before the end. */
export function createWholeFinder(check: string, threshold: number, whole: WholeMeasure): SoundFinder {
  const { unit = '', faultIs } = checks[check] ?? {}
  let range: TimeRange | null = null
  let value: number | null = null
  let faults: Fault[] = []
  return {
    check,
    unit,
    threshold,
    sound(startSeconds, pcm) {
      range ??= { startSeconds, endSeconds: startSeconds }
      range.endSeconds = startSeconds + pcm.length / 2 / PCM_SAMPLE_RATE
      whole.sound(startSeconds, pcm)
    },
    faults: () => faults,
    worst: () => value,
    describe: (fault) => whole.describe(fault.value),
    close() {
      if (range === null) return
      value = whole.measure()
      const faulty = value !== null && (faultIs === 'below' ? value < threshold : value > threshold)
      faults = faulty && value !== null ? [{ range: whole.place?.(range) ?? range, value }] : []
    },
  }
}
