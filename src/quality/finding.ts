import type { Measurement, TimeRange } from '../domain/verdict.ts'

/** A measurement and its check's own comparison; `within: null` when it could not be measured. */
export interface Finding {
  measurement: Measurement
  within: boolean | null
}

/** A stretch of time in which something is wrong. */
export interface Fault {
  range: TimeRange
  /** In the unit of its check; the larger the worse. */
  value: number
}

/**
 * A check that follows a stretch of the timeline as it comes and finds faults in it.
 * Times are seconds on the timeline.
 */
export interface FaultFinder {
  readonly check: string
  readonly unit: string
  readonly threshold: number
  /** In order of their start. The last may still be open; it ends where the material has come to. */
  faults(): readonly Fault[]
  /** The worst value so far, also one within the threshold. `null`: nothing was seen. */
  worst(): number | null
  /** A sentence about one fault, with the figures. */
  describe(fault: Fault): string
  /** The stretch has ended; returns nothing new later. */
  close(): void
}

/** Three digits after the point are more than any of these measurements is worth. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

export function seconds(value: number): string {
  return `${value.toFixed(2)} s`
}
