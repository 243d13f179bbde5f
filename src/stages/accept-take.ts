import { checks } from '../domain/checks/index.ts'
import { isOutageNotice } from '../domain/outage.ts'
import type { RepairCause } from '../domain/repair.ts'
import { repairedBy } from '../domain/repair.ts'
import type { Master, Take } from '../domain/take.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { laneFor, orderTakes } from './order-takes.ts'
import { reportTakes } from './take-progress.ts'
import { takesLetThrough } from './takes-let-through.ts'
import { timelineOf } from './timeline.ts'

/** A take that may be used: what it was waited for is ordered, captions go as far as is spoken, `finish` looks again. */
export async function acceptTake(deps: StageDeps, tx: JobTransaction, take: Take, masters: Master[], verdicts: Verdict[]): Promise<void> {
  const { cause, role } = take
  const told = verdicts.filter(isTold).map((verdict) => ({ ...verdict, takeId: take.id }))
  await tx.setTake(take, { state: 'accepted', masters })
  // A sentence that was spoken again is used by the voice it is for, which is judged once more with it.
  if (cause?.action === 'respeak') {
    tx.tell(told)
    return tx.addSteps([{ name: 'mend', takeId: cause.takeId }], laneFor(deps, take))
  }
  await tx.verdicts(told)
  // A clip is still to be seen.
  if (cause && role !== 'clip') await mendedBy(tx, cause)
  if (isOutageNotice(tx.job.notice)) tx.notice(null)
  await orderTakes(deps, tx)
  await reportTakes(tx, take.role)
  await tx.changeAsset({ cues: timelineOf(tx.job, await takesLetThrough(tx.repositories, tx.job.id)).cues })
  if (take.role === 'keyframes') await showStills(tx, masters)
  await tx.wake('finish')
}

/** What a take passed is told of the whole, where that is looked at once more. A voice is listened to only here. */
const isTold = ({ check, verdict }: Verdict): boolean => verdict !== 'pass' || checks[check]?.about === 'speech'

/** A take has mended what it was ordered for: the report says so, and the next choice knows. */
export async function mendedBy(tx: JobTransaction, cause: RepairCause): Promise<void> {
  await tx.repositories.repairs.learn(cause.check, cause.action, true)
  await tx.verdicts([repairedBy(cause)])
  if (tx.job.state.state !== 'held') tx.notice(null)
}

/** The first still is the poster until a better one is there; all of them are what the viewer sees first. */
async function showStills(tx: JobTransaction, masters: Master[]): Promise<void> {
  const first = masters.find((master) => master.role === 'still')
  if (!first) return
  const { objectKey, mimeType, sizeBytes, sha256 } = first
  await tx.addFiles([{ name: 'poster.jpg', label: 'Poster', objectKey, mimeType, sizeBytes, sha256 }])
  await tx.changeAsset({ poster: true })
}
