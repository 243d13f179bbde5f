import { type Fault, seconds } from '../finding.ts'
import type { SoundFinder } from './sound-finder.ts'
import { createWindows, powerOf } from './windows.ts'

const STEP_SECONDS = 0.001
/** What came before is measured over 20 ms: two periods of the deepest voice. */
const BEFORE_STEPS = 20
/** Nothing is missed in what is quieter than this. */
const HEARD_POWER = powerOf(-40)
/** It is gone when it falls this far below what came before. */
const GONE_SHARE = powerOf(-25)
/** What comes back must be heard. */
const BACK_POWER = powerOf(-50)
/** The level at both edges against that before and after, together: a natural end and beginning are lower. */
const EDGES_SHARE = powerOf(-6)
/** It is lost within 3 ms and back within 5 ms: an encoder blurs what comes back. */
const EDGE_OUT_STEPS = 3
const EDGE_IN_STEPS = 5
/** From these 3 ms to 3 ms inside it falls and rises by so much, each and together: more than a voice or a note does. */
const CLIFF_SHARE = powerOf(22)
const BOTH_CLIFFS_SHARE = powerOf(64)
const SILENCE_POWER = powerOf(-100)
/** What is longer is a pause that somebody wanted, or for `silence`. */
const LONGEST_STEPS = 2_000
/** Shorter ones have no floor between their edges. */
const SHORTEST_STEPS = 5

/**
 * `dropout`, in seconds: the longest time in which a voice or music is gone in the middle, in one channel or both, and comes
 * back: 25 dB lower at a stroke, and as suddenly back. Lost packets are 10 to 60 ms long. Told from the closing of lips
 * and from short notes by its edges (after the gap detector of Alonso-Jimenez et al., Automatic Detection of Audio Problems
 * for Quality Control in Digital Music Distribution, 2019). Notes that end within 10 ms are dropouts by this measure.
 * @param threshold this long or longer is a fault
 */
export function createDropout(threshold: number): SoundFinder {
  const faults: Fault[] = []
  let longest: number | null = null

  const found = (startSeconds: number, endSeconds: number) => {
    const value = endSeconds - startSeconds
    longest = Math.max(longest ?? 0, value)
    if (value < threshold - STEP_SECONDS / 2) return
    const last = faults.at(-1)
    if (last === undefined || startSeconds > last.range.endSeconds) {
      faults.push({ range: { startSeconds, endSeconds }, value })
      return
    }
    // Both channels are gone at once.
    last.range.startSeconds = Math.min(last.range.startSeconds, startSeconds)
    last.range.endSeconds = Math.max(last.range.endSeconds, endSeconds)
    last.value = last.range.endSeconds - last.range.startSeconds
  }
  const channels = [createGapFollower(found), createGapFollower(found)] as const
  const steps = createWindows(STEP_SECONDS, ({ startSeconds, power }) => {
    longest ??= 0
    channels[0](startSeconds, power[0])
    channels[1](startSeconds, power[1])
  })

  return {
    check: 'dropout',
    unit: 's',
    threshold,
    sound: steps.add,
    faults: () => faults,
    worst: () => longest,
    describe: ({ range, value }) =>
      `the sound is gone for ${Math.round(1000 * value)} ms at ${seconds(range.startSeconds)} and as suddenly back; less than ${Math.round(1000 * threshold)} ms is allowed.`,
    close: () => undefined,
  }
}

interface Gap {
  startSeconds: number
  /** Mean power before it, and the powers of its first edge. */
  level: number
  edge: number[]
  powers: number[]
}

/** Follows the powers of one channel, a millisecond each, and tells of every gap with sharp edges once 20 ms after it are known. */
function createGapFollower(found: (startSeconds: number, endSeconds: number) => void): (atSeconds: number, power: number) => void {
  let before: number[] = []
  let gap: Gap | null = null
  let after: { startSeconds: number; powers: number[] } | null = null

  return (atSeconds, power) => {
    if (after !== null && gap !== null) {
      after.powers.push(power)
      if (after.powers.length < BEFORE_STEPS) return
      if (isDropout(gap, after.powers)) found(gap.startSeconds, after.startSeconds)
      before = after.powers
      gap = null
      after = null
    } else if (gap !== null) {
      if (power > gap.level * GONE_SHARE) after = { startSeconds: atSeconds, powers: [power] }
      else if (gap.powers.push(power) > LONGEST_STEPS) {
        gap = null
        before = []
      }
    } else {
      const level = before.length < BEFORE_STEPS ? 0 : mean(before)
      if (level >= HEARD_POWER && power <= level * GONE_SHARE) {
        gap = { startSeconds: atSeconds, level, edge: before.slice(-EDGE_OUT_STEPS), powers: [power] }
      } else {
        before.push(power)
        if (before.length > BEFORE_STEPS) before.shift()
      }
    }
  }
}

/** @param back the 20 ms after the gap */
function isDropout({ level, edge, powers }: Gap, back: readonly number[]): boolean {
  const backLevel = mean(back)
  if (powers.length < SHORTEST_STEPS || backLevel < BACK_POWER) return false
  const out = Math.max(...edge) / level
  const backIn = Math.max(...back.slice(0, EDGE_IN_STEPS)) / backLevel
  if (out * backIn < EDGES_SHARE) return false
  // The first and the last step of a gap may hold a part of its edges.
  const fall = Math.max(...edge) / Math.max(SILENCE_POWER, ...powers.slice(1, 1 + EDGE_OUT_STEPS))
  const rise = Math.max(...back.slice(0, EDGE_OUT_STEPS)) / Math.max(SILENCE_POWER, ...powers.slice(-1 - EDGE_OUT_STEPS, -1))
  return Math.min(fall, rise) >= CLIFF_SHARE && fall * rise >= BOTH_CLIFFS_SHARE
}

function mean(powers: readonly number[]): number {
  let sum = 0
  for (const power of powers) sum += power
  return sum / powers.length
}
