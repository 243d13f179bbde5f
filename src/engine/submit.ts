import { SluiceError } from '../domain/errors.ts'
import type { JobId, TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import { usd } from '../domain/money.ts'
import { newStages } from '../domain/progress.ts'
import type { JobRequest } from '../domain/request.ts'
import { laneOf, type Step } from '../domain/step.ts'
import type { TraceContext } from '../domain/trace.ts'
import type { Acceptance, Submission } from './accept.ts'
import type { BackPressure } from './back-pressure.ts'
import type { EngineDeps } from './deps.ts'
import type { JobQuote, SubmitOptions, Submitted } from './engine.ts'
import type { Forecast } from './forecast.ts'
import { assertSubmitRate } from './submit-rate.ts'
import type { TenantPolicies } from './tenant-policies.ts'

type SubmitDeps = Pick<EngineDeps, 'store' | 'bus' | 'clock' | 'ids' | 'log' | 'tracer' | 'pipelines' | 'providers' | 'config'> & {
  forecast: Forecast
  policies: TenantPolicies
  accept(submission: Submission): Promise<Acceptance>
  backPressure: BackPressure
  stepsDue: () => void
}

/** Plans and prices; writes nothing. */
export async function quoteJob(deps: SubmitDeps, request: JobRequest): Promise<JobQuote> {
  const pipeline = deps.pipelines[request.kind]
  const plan = pipeline.plan(request)
  const takes = plan.takes.map((take) => {
    const provider = deps.providers.get(take.provider)
    if (!provider) throw new SluiceError('provider_cannot', `There is no provider '${take.provider}'.`)
    const { amountMicroUsd } = provider.quote(take.request)
    return { role: take.role, shot: take.shot, provider: take.provider, amountMicroUsd }
  })
  return {
    amountMicroUsd: takes.reduce((sum, take) => sum + take.amountMicroUsd, 0),
    durationSeconds: plan.estimatedSeconds,
    eta: await deps.forecast.quote(request, pipeline.stages, plan.quotedSeconds),
    takes,
    notes: plan.notes,
  }
}

/**
 * Accepts a job: its row, first step and first event, and the memory of the idempotency key, in one transaction. What is done for
 * the job, in whatever process, is traced below the span of its acceptance.
 */
export function submitJob(deps: SubmitDeps, tenantId: TenantId, request: JobRequest, options: SubmitOptions = {}): Promise<Submitted> {
  return deps.tracer.span('submit job', { kind: 'producer', attributes: { 'sluice.job.kind': request.kind } }, async (span) => {
    const submitted = await accept(deps, tenantId, request, options, span.context)
    span.set({ 'sluice.job.id': submitted.job.id, 'sluice.repeated': submitted.repeated })
    return submitted
  })
}

async function accept(
  deps: SubmitDeps,
  tenantId: TenantId,
  request: JobRequest,
  options: SubmitOptions,
  trace: TraceContext | null,
): Promise<Submitted> {
  const known = options.idempotency && (await recall(deps, tenantId, options.idempotency))
  if (known) return { job: known, ahead: null, repeated: true }
  // Here alone: what is accepted is finished and kept, for it is paid for.
  await deps.policies.assertRoom(tenantId)
  const quote = await quoteJob(deps, request)
  checkCost(request, quote)
  await deps.backPressure(tenantId)
  await assertSubmitRate(deps, tenantId)
  const now = deps.clock.now()
  const { deadlineSeconds, priority } = request.policy
  const job: Job = {
    id: deps.ids.next('job'),
    tenantId,
    request,
    retryOf: options.retryOf ?? null,
    state: { state: 'queued' },
    stages: newStages(deps.pipelines[request.kind].stages, request.kind),
    progress: null,
    eta: quote.eta,
    plan: null,
    assetId: null,
    preview: null,
    notice: null,
    cost: { estimateMicroUsd: quote.amountMicroUsd, actualMicroUsd: 0 },
    seq: 0,
    createdAt: now,
    deadlineAt: deadlineSeconds === null ? null : new Date(now.getTime() + deadlineSeconds * 1000),
    ...(trace && { trace }),
  }
  const step: Step = {
    id: deps.ids.next('stp'),
    jobId: job.id,
    tenantId,
    work: { name: 'analyse' },
    lane: laneOf.analyse,
    priority: priority * 100,
    // It begins the whole job.
    costSeconds: quote.eta.p50Seconds,
    attempt: 0,
    failures: 0,
    state: { state: 'ready', runAt: now },
    createdAt: now,
  }
  const idempotency = options.idempotency ? { tenantId, jobId: job.id, ...options.idempotency } : null
  const acceptance = await deps.accept({ job, step, idempotency })
  if (acceptance.then === 'known') {
    const twin = options.idempotency && (await recall(deps, tenantId, options.idempotency))
    if (twin) return { job: twin, ahead: null, repeated: true }
    throw new SluiceError('idempotency_in_progress', 'Another request with this Idempotency-Key is being accepted right now.', {
      fix: 'Send it again in a second.',
    })
  }
  deps.stepsDue()
  deps.bus
    .publish('job:events', { jobId: job.id, tenantId, seq: 1 })
    .catch((error) => deps.log.warn({ jobId: job.id, err: error }, 'could not announce the job; readers will find it by themselves'))
  return { job: acceptance.job, ahead: acceptance.ahead, repeated: false }
}

/** Known before anything is written: what the plan costs already is more than the job may. */
function checkCost({ policy: { maxCostMicroUsd } }: JobRequest, { amountMicroUsd }: JobQuote): void {
  if (maxCostMicroUsd === null || amountMicroUsd <= maxCostMicroUsd) return
  throw new SluiceError('budget_exceeded', `The job is quoted at ${usd(amountMicroUsd)} and may cost ${usd(maxCostMicroUsd)}.`, {
    field: 'policy.maxCostMicroUsd',
    fix: 'Raise it, or choose a shorter length or a cheaper model.',
    facts: { quotedMicroUsd: amountMicroUsd },
  })
}

async function recall(deps: SubmitDeps, tenantId: TenantId, asked: { key: string; fingerprint: string }): Promise<Job | undefined> {
  const record = await deps.store.idempotency.recall(tenantId, asked.key)
  if (!record) return undefined
  if (record.fingerprint !== asked.fingerprint) throw reusedKey(record.jobId)
  return deps.store.jobs.get(record.jobId)
}

export function reusedKey(jobId: JobId): SluiceError {
  return new SluiceError('idempotency_key_reused', `The key was used for ${jobId} with another request.`, {
    fix: 'Use a new key for a new request; repeat the same body to get the same job.',
    facts: { jobId },
  })
}
