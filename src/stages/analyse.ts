import type { Asset } from '../domain/asset.ts'
import type { Job } from '../domain/job.ts'
import type { Plan } from '../domain/plan.ts'
import { newRetention } from '../domain/retention.ts'
import type { StepHandler } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { judgePrompt, refusePrompt } from './judge-prompt.ts'
import { orderTakes } from './order-takes.ts'
import { park } from './park.ts'

/** How long it sleeps while a person has to look at the prompt and no decision wakes it. */
const HELD_MS = 60_000

/** Plans the shots, has the prompt looked at, makes the empty asset, orders the first takes. */
export function analyse(deps: StageDeps): StepHandler {
  return async (run) => {
    const { job } = run
    const plan = deps.pipelines[job.request.kind].plan(job.request)
    const { verdicts, heldBack, hold } = await judgePrompt(deps, run)
    if (hold) return { ...park(deps, HELD_MS, 'waits for a person'), write: async (tx) => void (await tx.hold(hold)) }
    return {
      then: 'done',
      write: async (tx) => {
        tx.stage({ key: 'analyse', fraction: null })
        tx.plan(plan)
        await tx.createAsset(newAsset(deps, job, plan))
        await tx.verdicts(verdicts)
        if (heldBack) return refusePrompt(tx, job, heldBack)
        await orderTakes(deps, tx)
        await tx.addSteps([{ name: 'finish' }], { priority: 10 })
        tx.stage({ key: 'analyse', ended: 'done' })
      },
    }
  }
}

function newAsset(deps: StageDeps, job: Job, plan: Plan): Asset {
  const picture = 'width' in job.request ? job.request : null
  return {
    id: deps.ids.next('ast'),
    jobId: job.id,
    kind: picture ? 'video' : 'audio',
    title: plan.title,
    plannedDurationSeconds: plan.estimatedSeconds,
    durationSeconds: null,
    width: picture?.width ?? null,
    height: picture?.height ?? null,
    fps: picture?.fps ?? null,
    releasedSeconds: 0,
    cues: [],
    poster: false,
    renditions: job.request.formats.map((format) => ({ format, state: 'making' })),
    retention: newRetention(job.request.policy.retention),
    state: { state: 'making' },
    createdAt: deps.clock.now(),
  }
}
