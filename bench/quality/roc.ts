import type { CheckScore, Point } from './score.ts'

/** What a threshold would give: shares from 0 to 1. */
export interface RocPoint {
  falseAlarms: number
  caught: number
}

/** How often the check said what. A piece whose verdict is `unknown` counts as neither caught nor passed. */
export interface Tally {
  faulty: number
  clean: number
  caught: number
  missed: Point[]
  falseAlarms: Point[]
  unknown: number
}

export function tallyOf(points: readonly Point[]): Tally {
  const faulty = points.filter((point) => point.faulty)
  const clean = points.filter((point) => !point.faulty)
  return {
    faulty: faulty.length,
    clean: clean.length,
    caught: faulty.filter(({ found }) => found).length,
    missed: faulty.filter(({ found, unknown }) => !found && !unknown),
    falseAlarms: clean.filter(({ found }) => found),
    unknown: points.filter(({ unknown }) => unknown).length,
  }
}

/** From "finds nothing" to "finds everything", one point a threshold. */
export function rocOf({ points, faultIs }: Pick<CheckScore, 'points' | 'faultIs'>): RocPoint[] {
  const measured = points.flatMap(({ value, faulty }) =>
    value === null ? [] : [{ badness: faultIs === 'above' ? value : -value, faulty }],
  )
  const faulty = measured.filter((point) => point.faulty).length
  const clean = measured.length - faulty
  const thresholds = [...new Set(measured.map(({ badness }) => badness))].sort((a, b) => b - a)
  const beyond = (threshold: number, wanted: boolean) =>
    measured.filter((point) => point.faulty === wanted && point.badness >= threshold).length
  return [
    { falseAlarms: 0, caught: 0 },
    ...thresholds.map((threshold) => ({ falseAlarms: beyond(threshold, false) / clean, caught: beyond(threshold, true) / faulty })),
  ]
}

/** The area under the curve: how likely a faulty piece measures worse than a clean one. `null`: there are none of one kind. */
export function areaUnder(curve: readonly RocPoint[]): number | null {
  let area = 0
  for (const [n, point] of curve.slice(1).entries()) {
    const before = curve[n] as RocPoint
    area += ((point.falseAlarms - before.falseAlarms) * (point.caught + before.caught)) / 2
  }
  return Number.isFinite(area) ? area : null
}
