import type { QualityProfile, TimeRange, Verdict } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import { STILLS_PER_SECOND } from '../../ports/media-tool.ts'
import { createCoverage } from '../coverage.ts'
import { type Opinion, together } from './opinion.ts'
import { type GuardCheck, unseen, verdictOf } from './verdicts.ts'

const STILL_SECONDS = 1 / STILLS_PER_SECOND

/** What was seen in the pictures of a stretch, in the order of its time, while some of it is still being judged. */
export interface Sightings {
  /** A picture came, whether or not it is judged. */
  came(atSeconds: number): void
  /** The picture at this time is judged so. */
  add(atSeconds: number, opinion: Promise<Opinion>): void
  /** Waits for what was added before `seconds`; verdicts about it that have not been given yet. */
  until(seconds: number): Promise<Verdict[]>
  /** The rest, and where nothing is wrong one that says so. `more`: a sentence with what was looked at. */
  end(more: string): Promise<Verdict[]>
}

interface Sighting {
  atSeconds: number
  opinion: Promise<Opinion>
}

/** Pictures one after the other of which the same is to be said. */
interface Run {
  kind: 'flagged' | 'unknown' | 'clean'
  range: TimeRange
  opinions: Opinion[]
}

export function createSightings(
  profile: QualityProfile,
  check: GuardCheck,
  { startSeconds, durationSeconds }: InspectedStretch,
): Sightings {
  const seen: Sighting[] = []
  const coverage = createCoverage(startSeconds, STILL_SECONDS)
  const told: Verdict[] = []
  const begun = new Set<string>()
  let asked = startSeconds

  async function runsBefore(seconds: number): Promise<Run[]> {
    const before = seen.filter(({ atSeconds }) => atSeconds < seconds).sort((one, other) => one.atSeconds - other.atSeconds)
    const opinions = await Promise.all(before.map(({ opinion }) => opinion))
    const runs: Run[] = []
    for (const [index, opinion] of opinions.entries()) {
      const atSeconds = before[index]?.atSeconds ?? startSeconds
      const kind = opinion.flags.length > 0 ? 'flagged' : opinion.failures.length > 0 ? 'unknown' : 'clean'
      const last = runs.at(-1)
      if (last?.kind !== kind) runs.push({ kind, range: { startSeconds: atSeconds, endSeconds: endOf(atSeconds) }, opinions: [opinion] })
      else {
        last.opinions.push(opinion)
        last.range.endSeconds = endOf(atSeconds)
      }
    }
    return runs
  }

  const endOf = (atSeconds: number): number =>
    Math.min(atSeconds + STILL_SECONDS, durationSeconds === undefined ? Number.POSITIVE_INFINITY : startSeconds + durationSeconds)

  const verdictOfRun = ({ range, opinions }: Run): Verdict => verdictOf(profile, check, together(opinions), range)

  function tell(verdicts: Verdict[]): Verdict[] {
    const fresh = verdicts.filter((verdict) => !told.some((before) => isSame(before, verdict)))
    told.push(...fresh)
    return fresh
  }

  function missing(fromSeconds: number, toSeconds: number): Verdict[] {
    const range = coverage.missing(fromSeconds, toSeconds)
    return range === null ? [] : [unseen(profile, check, range)]
  }

  return {
    came: (atSeconds) => coverage.add(atSeconds, atSeconds + STILL_SECONDS),
    add(atSeconds, opinion) {
      // Told where it is waited for.
      opinion.catch(() => {})
      seen.push({ atSeconds, opinion })
    },
    async until(untilSeconds) {
      const from = asked
      asked = Math.max(asked, untilSeconds)
      const runs = (await runsBefore(asked)).filter(({ kind }) => kind !== 'clean')
      // One that goes on is told again at the end.
      const fresh = runs.filter(({ kind, range }) => !begun.has(`${kind} ${range.startSeconds}`))
      for (const { kind, range } of fresh) begun.add(`${kind} ${range.startSeconds}`)
      return tell([...fresh.map(verdictOfRun), ...missing(from, asked)])
    },
    async end(more) {
      const endSeconds = durationSeconds === undefined ? Math.max(asked, coverage.reachedSeconds()) : startSeconds + durationSeconds
      const runs = await runsBefore(Number.POSITIVE_INFINITY)
      const found = [...runs.filter(({ kind }) => kind !== 'clean').map(verdictOfRun), ...missing(startSeconds, endSeconds)]
      if (found.length > 0) return tell(found)
      const range = { startSeconds, endSeconds }
      if (seen.length === 0) return tell([unseen(profile, check, range)])
      const passed = verdictOf(profile, check, together(runs.flatMap(({ opinions }) => opinions)), range)
      return tell([{ ...passed, detail: `${passed.detail} ${more}` }])
    },
  }
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.verdict === b.verdict && a.range?.startSeconds === b.range?.startSeconds && a.range?.endSeconds === b.range?.endSeconds
}
