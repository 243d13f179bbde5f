import type { TimeRange } from '../../domain/verdict.ts'
import { SAMPLE_RATE } from './sound.ts'

const BLOCK = SAMPLE_RATE / 100
/** A pause is quieter than the voice's loud parts by this much, in dB, or hardly louder than the quietest tenth of the recording. */
const BELOW_VOICE_DB = 30
const ABOVE_FLOOR_DB = 6
const SILENCE_DBFS = -60
/** Shorter ones are part of a word: the closure of a `t`. */
const SHORTEST_SECONDS = 0.09

/** Where nobody speaks, from the level of 10 ms blocks, in order. Under music there may be none to find. */
export function pausesOf(samples: Float32Array): TimeRange[] {
  const levels = levelsOf(samples)
  const sorted = [...levels].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? SILENCE_DBFS
  const limit = Math.max(SILENCE_DBFS, at(0.95) - BELOW_VOICE_DB, Math.min(at(0.1) + ABOVE_FLOOR_DB, at(0.95) - 10))
  const pauses: TimeRange[] = []
  let from: number | null = null
  for (let block = 0; block <= levels.length; block++) {
    const quiet = block < levels.length && (levels[block] as number) <= limit
    if (quiet) from ??= block
    else if (from !== null) {
      const range = { startSeconds: from / 100, endSeconds: block / 100 }
      if (range.endSeconds - range.startSeconds >= SHORTEST_SECONDS) pauses.push(range)
      from = null
    }
  }
  return pauses
}

/** What lies between the pauses of a recording. */
export function speechBetween(pauses: readonly TimeRange[], durationSeconds: number): TimeRange[] {
  const begins = [0, ...pauses.map(({ endSeconds }) => endSeconds)]
  const ends = [...pauses.map(({ startSeconds }) => startSeconds), durationSeconds]
  return begins
    .map((startSeconds, n) => ({ startSeconds, endSeconds: ends[n] as number }))
    .filter(({ startSeconds, endSeconds }) => endSeconds > startSeconds)
}

/** How long somebody speaks within a range. */
export function spokenSeconds({ startSeconds, endSeconds }: TimeRange, pauses: readonly TimeRange[]): number {
  const silent = pauses.map((pause) => Math.max(0, Math.min(endSeconds, pause.endSeconds) - Math.max(startSeconds, pause.startSeconds)))
  return silent.reduce((left, seconds) => left - seconds, endSeconds - startSeconds)
}

export const middleOf = ({ startSeconds, endSeconds }: TimeRange): number => (startSeconds + endSeconds) / 2

function levelsOf(samples: Float32Array): number[] {
  return Array.from({ length: Math.floor(samples.length / BLOCK) }, (_, block) => {
    let sum = 0
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) sum += (samples[i] as number) ** 2
    return 10 * Math.log10(sum / BLOCK + 1e-12)
  })
}
