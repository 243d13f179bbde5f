/** A measured figure beside what bounds it. */
export interface Figure {
  name: string
  /** As a person reads it: `p99 4.2 ms at 1,000/s`. */
  measured: string
  /** The target, and whether it is met. */
  target: string
  met: boolean
  /** What it is held against, from the same run, and the ratio. */
  against: string
}

export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

export const median = (values: number[]): number => quantile(values, 0.5)
export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
export const seconds = (value: number): string => `${value.toFixed(2)} s`
export const ratio = (value: number, limit: number): string => `${(value / limit).toFixed(2)}x`

/** A Markdown table, ready for the README. */
export function tableOf(figures: Figure[]): string {
  const rows = figures.map(
    ({ name, measured, target, met, against }) => `| ${name} | ${measured} | ${target} ${met ? '✓' : '✗'} | ${against} |`,
  )
  return ['| figure | measured | target | against, in the same run |', '|---|---|---|---|', ...rows].join('\n')
}
