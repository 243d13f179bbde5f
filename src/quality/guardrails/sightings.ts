import type { QualityProfile, TimeRange, Verdict } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import { STILLS_PER_SECOND } from '../../ports/media-tool.ts'
import { createCoverage } from '../coverage.ts'
import { type Judgement, together } from './judgement.ts'
import { type GuardCheck, unseen, verdictOf } from './verdicts.ts'

const STILL_SECONDS = 1 / STILLS_PER_SECOND

/** What was seen in the pictures of a stretch, in the order of its time, while some of it is still being judged. */
export interface Sightings {
  /** A picture came, whether or not it is judged. */
  came(atSeconds: number): void
  /** The picture at this time is judged so. */
  add(atSeconds: number, judgement: Promise<Judgement>): void
  /** Waits for what was added before `seconds`; verdicts about it that have not been given yet. */
  until(seconds: number): Promise<Verdict[]>
  /** The rest, and where nothing is wrong one that says so. `more`: a sentence with what was looked at. */
  end(more: string): Promise<Verdict[]>
}

interface Sighting {
  atSeconds: number
  judgement: Promise<Judgement>
}

/** Pictures one after the other of which the same is to be said. */
interface Run {
  kind: 'flagged' | 'unknown' | 'clean'
  range: TimeRange
  judgements: Judgement[]
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
    const judgements = await Promise.all(before.map(({ judgement }) => judgement))
    const runs: Run[] = []
    for (const [index, judgement] of judgements.entries()) {
      const atSeconds = before[index]?.atSeconds ?? startSeconds
      const kind = judgement.flags.length > 0 ? 'flagged' : judgement.failures.length > 0 ? 'unknown' : 'clean'
      const last = runs.at(-1)
      if (last?.kind !== kind)
        runs.push({ kind, range: { startSeconds: atSeconds, endSeconds: endOf(atSeconds) }, judgements: [judgement] })
      else {
        last.judgements.push(judgement)
        last.range.endSeconds = endOf(atSeconds)
      }
    }
    return runs
  }

  const endOf = (atSeconds: number): number =>
    Math.min(atSeconds + STILL_SECONDS, durationSeconds === undefined ? Number.POSITIVE_INFINITY : startSeconds + durationSeconds)

  const verdictOfRun = ({ range, judgements }: Run): Verdict => verdictOf(profile, check, together(judgements), range)

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
    add(atSeconds, judgement) {
      // Told where it is waited for.
      judgement.catch(() => {})
      seen.push({ atSeconds, judgement })
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
      const passed = verdictOf(profile, check, together(runs.flatMap(({ judgements }) => judgements)), range)
      return tell([{ ...passed, detail: `${passed.detail} ${more}` }])
    },
  }
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.verdict === b.verdict && a.range?.startSeconds === b.range?.startSeconds && a.range?.endSeconds === b.range?.endSeconds
}
