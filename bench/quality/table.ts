import { type Figure, tableOf } from '../figures.ts'
import { areaUnder, rocOf, tallyOf } from './roc.ts'
import type { CheckScore } from './score.ts'

const CAUGHT_TARGET = 0.95
const FALSE_TARGET = 0.02
const SPEED_TARGET = 10
const CORES = 2

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)
const times = (speed: number): string => `${speed >= 10 ? Math.round(speed).toLocaleString('en') : speed.toFixed(1)}x`

/** A row a check, in Markdown. */
export function scoreTable(scores: readonly CheckScore[]): string {
  const rows = scores.map((score) => {
    const { faulty, clean, caught, missed, falseAlarms, unknown } = tallyOf(score.points)
    const area = areaUnder(rocOf(score))
    const limit = `${score.faultIs} ${score.threshold} ${score.unit}`
    const speed = score.cpuSeconds > 0 ? times(score.mediaSeconds / score.cpuSeconds) : '-'
    return `| \`${score.check}\` | ${limit} | ${caught} of ${faulty} | ${missed.length} | ${falseAlarms.length} of ${clean} | ${unknown} | ${area?.toFixed(3) ?? '-'} | ${speed} |`
  })
  return [
    '| check | a fault is | caught | missed | false alarms | unknown | AUC | real time, one core |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** The sums over the whole set beside their targets, in Markdown. */
export function sumTable(scores: readonly CheckScore[]): string {
  const { faulty, clean, caught, falseAlarms } = tallyOf(scores.flatMap(({ points }) => points))
  const asItComes = scores.filter(({ optional }) => !optional)
  const speed = CORES / costOf(asItComes)
  const figures: Figure[] = [
    {
      name: 'faults caught',
      measured: `${caught} of ${faulty}, ${percent(caught, faulty)}`,
      target: `at least ${100 * CAUGHT_TARGET} %`,
      met: caught >= CAUGHT_TARGET * faulty,
      against: `${faulty} made faults`,
    },
    {
      name: 'false alarms',
      measured: `${falseAlarms.length} of ${clean}, ${percent(falseAlarms.length, clean)}`,
      target: `at most ${100 * FALSE_TARGET} %`,
      met: falseAlarms.length <= FALSE_TARGET * clean,
      against: `${clean} judgements of what has not the fault`,
    },
    {
      name: 'the gate as it comes',
      measured: `${times(speed)} real time on ${CORES} cores`,
      target: `at least ${SPEED_TARGET}x`,
      met: speed >= SPEED_TARGET,
      against: `${percent(costOf(asItComes), 1)} of one core; with the plug-ins, and a transcriber beside the offline one, ${percent(costOf(scores), 1)}`,
    },
  ]
  return tableOf(figures)
}

/** CPU time for each second of media. */
function costOf(scores: readonly CheckScore[]): number {
  return scores.reduce((sum, { cpuSeconds, mediaSeconds }) => sum + cpuSeconds / Math.max(mediaSeconds, 1e-9), 0)
}

/** What was missed and what alarmed falsely, by name. */
export function slips(scores: readonly CheckScore[]): string {
  const lines = scores.flatMap(({ check, unit, points }) => {
    const { missed, falseAlarms } = tallyOf(points)
    return [
      ...missed.map(({ piece, value }) => `${check} missed ${piece}: ${value} ${unit}`),
      ...falseAlarms.map(({ piece, value }) => `${check} alarmed at ${piece}: ${value} ${unit}`),
    ]
  })
  return lines.join('\n')
}
