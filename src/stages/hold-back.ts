import { checks } from '../domain/checks/index.ts'
import type { RepairOption } from '../domain/repair.ts'
import { repairedBy } from '../domain/repair.ts'
import type { Take } from '../domain/take.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { JobTransaction, StepResult } from '../ports/stages.ts'
import { park } from './park.ts'
import type { StretchWork } from './release-segment.ts'
import { carryOut, decideRepair } from './repair.ts'
import type { Stretch } from './timeline.ts'

/** The longest a finish sleeps when nothing wakes it. */
const PARK_MS = 30_000

/**
 * The gate stays shut: what is at fault is mended the cheapest way, or the job ends. What was shown stays as it was shown; the rest of
 * the part goes on from there with what is made now.
 */
export function holdBack(work: StretchWork, fault: Verdict, verdicts: Verdict[]): StepResult {
  const { deps, stretch, profile } = work
  const culprit = takeAtFault(stretch, fault)
  const write = async (tx: JobTransaction) => {
    const others = verdicts.filter((other) => other !== fault && other.verdict !== 'pass' && !other.notSetUp)
    if (culprit?.state.state !== 'accepted') {
      await tx.verdicts([fault, ...others])
      return tx.end('failed', { class: 'quality', detail: fault.detail, retry: 'reseed', charged: 'no' })
    }
    if (culprit.cause?.check === fault.check) await tx.repositories.repairs.learn(fault.check, culprit.cause.action, false)
    const { masters } = culprit.state
    const { releasedSeconds } = await tx.asset()
    const edge = edgeOf(work, fault, releasedSeconds)
    const able: RepairOption[] = edge ? [{ action: 'trim', costMicroUsd: 0, seconds: 1 }] : []
    const { startSeconds, useFromSeconds } = stretch
    const place = { about: 'stretch', startSeconds, useFromSeconds } as const
    const finding = { verdict: fault, take: culprit, masters, place, able, others }
    const choice = await decideRepair(deps, tx, profile, finding)
    if (choice?.action !== 'trim' || !edge) return carryOut(deps, tx, profile, choice, finding)
    tx.repair(choice, culprit)
    await tx.repositories.repairs.learn(fault.check, 'trim', true)
    await tx.verdicts([repairedBy({ ...choice, detail: fault.detail })])
    // When all that is left was let out already, the part is not looked at again: what passed stands.
    if (stretch.startSeconds + edge.endSeconds - edge.startSeconds <= releasedSeconds + 1e-6)
      await tx.verdicts(verdicts.filter(({ verdict }) => verdict === 'pass'))
    await tx.setTake(culprit, {
      state: 'accepted',
      masters: masters.map((master) => (master.role === 'media' ? { ...master, use: edge } : master)),
    })
    await tx.wake('finish')
  }
  return { ...park(deps, PARK_MS, `held back: ${fault.check}`), write }
}

/** A clip on its own may lose at most this much of its length. */
const MOST_TRIMMED = 0.25

/** Whether a fault of this kind can be cut off if it lies at an edge: the clip stands alone and has no narration to be as long as. */
export function mayBeTrimmed({ stretch, profile }: Pick<StretchWork, 'stretch' | 'profile'>, { check }: Verdict): boolean {
  return check === 'black' && profile.rules[check] === 'repair' && stretch.clip !== null && stretch.speech === null && stretch.final
}

/** What is left of a clip whose edge is at fault, in seconds of it. `null`: the fault is elsewhere, too long, or was shown already. */
function edgeOf(work: StretchWork, fault: Verdict, releasedSeconds: number): { startSeconds: number; endSeconds: number } | null {
  const { stretch, run } = work
  const { range } = fault
  if (!range || !mayBeTrimmed(work, fault) || !('fps' in run.job.request)) return null
  const { fps } = run.job.request
  const wholeFrames = (seconds: number, round: (value: number) => number) => round((seconds - stretch.startSeconds) * fps - 1e-6) / fps
  const { useFromSeconds, durationSeconds } = stretch
  const most = durationSeconds * MOST_TRIMMED
  const atStart = range.startSeconds <= stretch.startSeconds + 1e-6
  const lead = wholeFrames(range.endSeconds, Math.ceil)
  if (atStart && lead <= most && releasedSeconds <= stretch.startSeconds + 1e-6) {
    return { startSeconds: useFromSeconds + lead, endSeconds: useFromSeconds + durationSeconds }
  }
  const atEnd = range.endSeconds >= stretch.startSeconds + durationSeconds - 1e-6
  const left = wholeFrames(range.startSeconds, Math.floor)
  if (atEnd && durationSeconds - left <= most) return { startSeconds: useFromSeconds, endSeconds: useFromSeconds + left }
  return null
}

const soundChecks = new Set(Object.keys(checks).filter((check) => checks[check]?.about === 'sound'))

/**
 * A voice was listened to before pictures were made to its length, and is not made again without them: what is wrong with the sound of
 * a narrated part is the clip's own, or nobody's.
 */
function takeAtFault({ clip, speech }: Stretch, fault: Verdict): Take | undefined {
  if (!soundChecks.has(fault.check)) return (clip ?? speech)?.take
  if (clip && speech) return clip.master.stem ? clip.take : undefined
  return (speech ?? clip)?.take
}
