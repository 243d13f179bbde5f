import { type Fault, seconds } from '../finding.ts'
import { createRuns } from '../runs.ts'
import type { SoundFinder } from './sound-finder.ts'
import { createWindows, powerOf } from './windows.ts'

const WINDOW_SECONDS = 0.02
/** Where neither channel is louder, nothing can be said. */
const HEARD_POWER = powerOf(-50)
/** A channel is dead this far below the other: more than any instrument that stands wholly to one side leaves in a room. */
const DEAD_SHARE = powerOf(-40)

/**
 * `dead_channel`, in seconds: the longest time in which one channel has nothing while the other is heard; pauses of both do
 * not end it. One that has nothing throughout is a fault however short the sound is.
 * @param threshold this long or longer is a fault
 */
export function createDeadChannel(threshold: number): SoundFinder {
  const sides = [createRuns(threshold), createRuns(threshold)] as const
  let first: number | null = null
  let end = 0
  const alive = [false, false]
  let closed = false

  const windows = createWindows(WINDOW_SECONDS, ({ startSeconds, endSeconds, power }) => {
    const louder = Math.max(...power)
    if (louder < HEARD_POWER) return
    first ??= startSeconds
    end = endSeconds
    for (const [channel, runs] of sides.entries()) {
      if ((power[channel] ?? 0) < DEAD_SHARE * louder) runs.extend(startSeconds, endSeconds)
      else {
        runs.close()
        alive[channel] = true
      }
    }
  })

  const throughout = (): Fault[] => {
    if (!closed || first === null || alive.every(Boolean)) return []
    return [{ range: { startSeconds: first, endSeconds: end }, value: end - first }]
  }

  return {
    check: 'dead_channel',
    unit: 's',
    threshold,
    sound: windows.add,
    faults() {
      const dead = sides.flatMap((runs) => runs.faults()).sort((a, b) => a.range.startSeconds - b.range.startSeconds)
      return dead.length > 0 ? dead : throughout()
    },
    worst: () => (first === null ? null : Math.max(...sides.map((runs) => runs.longestSeconds()))),
    describe: ({ range, value }) =>
      `one channel has nothing for ${seconds(value)} from ${seconds(range.startSeconds)} on while the other is heard; less than ${seconds(threshold)} is allowed.`,
    close() {
      windows.end()
      for (const runs of sides) runs.close()
      closed = true
    },
  }
}
