import type { Job } from '../domain/job.ts'
import type { TakeRole } from '../domain/plan.ts'
import type { StageKey } from '../domain/progress.ts'
import type { Take } from '../domain/take.ts'
import type { JobTransaction } from '../ports/stages.ts'

/** The stage a take moves. */
const stageOf: Record<TakeRole, StageKey> = { keyframes: 'keyframes', speech: 'voice', music: 'voice', sound: 'voice', clip: 'render' }

/** Says how far the takes of this take's stage are: each counts by its length, a finished one whole. */
export async function reportTakes(tx: JobTransaction, role: TakeRole): Promise<void> {
  const { job } = tx
  if (!job.plan) return
  const key = stageOf[role]
  const planned = job.plan.takes.filter((take) => stageOf[take.role] === key)
  const takes = await tx.repositories.takes.ofJob(job.id)
  let done = 0
  let total = 0
  let open = false
  for (const wanted of planned) {
    const weight = 'durationSeconds' in wanted.request ? wanted.request.durationSeconds : shotSeconds(job, wanted.shot)
    const fraction = Math.max(0, ...takes.filter((take) => take.key === wanted.key).map(fractionOf))
    if (fraction < 1) open = true
    total += weight
    done += weight * fraction
  }
  if (!open) tx.stage({ key, ended: 'done' })
  else tx.stage({ key, fraction: total > 0 ? done / total : null })
}

function shotSeconds(job: Job, shot: number | null): number {
  return shot === null ? 1 : (job.plan?.shots[shot]?.estimatedSeconds ?? 1)
}

function fractionOf(take: Take): number {
  switch (take.state.state) {
    case 'making':
      return 0.97 * (take.state.progress ?? 0)
    case 'delivered':
      return 0.97
    case 'accepted':
      return 1
    default:
      return 0
  }
}
