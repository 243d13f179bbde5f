import { type Asset, type AssetFile, type Rung, type Segment, setAssetState } from '../domain/asset.ts'
import { type DeadLetter, isDeadLetter } from '../domain/dead-letter.ts'
import { SluiceError, storeError } from '../domain/errors.ts'
import type { EtaJudgement } from '../domain/eta.ts'
import type { EngineEvent } from '../domain/events.ts'
import type { JobId, StepId, TakeId } from '../domain/ids.ts'
import { type Job, jobEnded, type Preview, setJobState } from '../domain/job.ts'
import { type Quote, usd } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Plan } from '../domain/plan.ts'
import { type StageReport, setStage } from '../domain/progress.ts'
import type { RepairChoice } from '../domain/repair.ts'
import { CUT_ASSET_KEPT_MS, countFrom, type Retention } from '../domain/retention.ts'
import { type Hold, heldNotice, type Review, setReviewState } from '../domain/review.ts'
import { costSecondsOf, type Lane, laneOf, type Step, type StepExit, type StepName, type StepWork } from '../domain/step.ts'
import { isInFlight, mastersOf, setTakeState, type Take, type TakeState } from '../domain/take.ts'
import { periodsOf, SERVERS_POLICY } from '../domain/tenant.ts'
import type { Verdict } from '../domain/verdict.ts'
import { webhookEventOf } from '../domain/webhook.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { Repositories } from '../ports/store.ts'
import { countChange } from './count-change.ts'
import type { EngineConfig, EngineDeps } from './deps.ts'
import { fillPlaces } from './fill-places.ts'
import type { Forecast } from './forecast.ts'
import { reviewFor } from './hold.ts'
import { traceChange } from './trace-change.ts'

/** Thrown inside a transaction whose step is no longer ours. Nothing was written. */
export class LeaseLost extends Error {
  constructor(stepId: StepId) {
    super(`the lease of ${stepId} is lost`)
    this.name = 'LeaseLost'
  }
}

/** Fence for the writes of a running step. */
export interface Held {
  stepId: StepId
  attempt: number
}

export type ChangeDeps = Pick<EngineDeps, 'inFlight' | 'store' | 'bus' | 'clock' | 'ids' | 'log' | 'metrics' | 'tracer' | 'webhooksDue'> & {
  config: Pick<EngineConfig, 'retention'>
  forecast: Forecast
  /** Called after a commit that made steps due, now or at a time. */
  stepsDue: (at?: Date) => void
}

/**
 * Changes one job in one transaction: locks its row, checks the fence, runs `work`, writes events and the job, commits.
 * Signals go out after the commit. `leave` lets the step go, inside the transaction once everything else is written.
 */
export async function changeJob(
  deps: ChangeDeps,
  jobId: JobId,
  held: Held | null,
  work: (tx: JobTransaction) => Promise<void>,
  leave?: (repositories: Repositories, job: Job) => Promise<StepExit['state'] | null>,
): Promise<Job> {
  const outcome = await deps.store.transaction(async (repositories) => {
    // Sent together: one round trip.
    const [locked, ours] = await Promise.all([
      repositories.jobs.lock(jobId),
      held ? repositories.steps.hold(held.stepId, held.attempt) : true,
    ])
    if (!locked) throw new Error(`job ${jobId} is gone`)
    if (held && !ours) throw new LeaseLost(held.stepId)
    const change = new JobChange(deps, repositories, locked, held)
    await work(change)
    const job = await change.flush()
    const left = leave && (await leave(repositories, job))
    if (held && left === null) throw new LeaseLost(held.stepId)
    return {
      job,
      change,
      endedBefore: jobEnded(locked),
      seqBefore: locked.seq,
      stepsDue: change.stepsDue || left === 'ready',
      announced: change.announced,
    }
  })
  countChange(deps.metrics, outcome.change)
  traceChange(deps.tracer, outcome.change)
  // The log of a step carries its job already.
  const about = held ? {} : { jobId }
  if (jobEnded(outcome.job) && !outcome.endedBefore) deps.log.info({ ...about, ...endOf(outcome.job) }, 'a job has ended')
  if (outcome.stepsDue) deps.stepsDue()
  for (const provider of outcome.change.freed) void fillPlaces(deps, provider)
  if (outcome.announced) deps.webhooksDue?.()
  if (outcome.job.seq > outcome.seqBefore) {
    // Nobody waits for it: readers who are not told look by themselves.
    void deps.bus
      .publish('job:events', { jobId, tenantId: outcome.job.tenantId, seq: outcome.job.seq })
      .catch((error) => deps.log.warn({ ...about, err: error }, 'could not announce events; readers will find them by themselves'))
  }
  return outcome.job
}

/** For the log; what an outcome says in words may quote the user. */
function endOf({ request: { kind }, state }: Job) {
  const why = 'outcome' in state && { outcome: state.outcome.class, code: state.outcome.code }
  return { kind, state: state.state, ...why }
}

class JobChange implements JobTransaction {
  job: Job
  stepsDue = false
  /** Events were written that webhooks may tell of. */
  announced = false
  readonly events: EngineEvent[] = []
  /** Providers at whose accounts places became free. */
  readonly freed = new Set<string>()
  /** Takes their providers are through with: delivered, or ended before that. */
  readonly made: Take[] = []
  readonly spent: { provider: string; amountMicroUsd: number }[] = []
  eta: EtaJudgement | null = null
  readonly repositories: Repositories
  readonly #deps: ChangeDeps
  readonly #now: Date
  readonly #ended: boolean
  readonly #held: Held | null
  #asset: Asset | null = null
  #assetChanged = false
  #stagesChanged = false
  #reviewsChanged = false

  constructor(deps: ChangeDeps, repositories: Repositories, job: Job, held: Held | null) {
    this.#deps = deps
    this.repositories = repositories
    this.job = job
    this.#held = held
    this.#now = deps.clock.now()
    this.#ended = jobEnded(job)
  }

  begin(): void {
    if (this.job.state.state !== 'queued') return
    this.job = setJobState(this.job, { state: 'running', startedAt: this.#now, playableAt: null })
    this.#emit({ type: 'status', data: { state: 'running', at: this.#now } })
  }

  stage(report: StageReport): void {
    this.job = {
      ...this.job,
      stages: this.job.stages.map((stage) => {
        if (stage.key !== report.key) return stage
        const next = setStage(stage, report, this.#now)
        if (next === stage) return stage
        this.#stagesChanged = true
        if (next.state !== stage.state || this.#deps.forecast.worthTelling(this.job.id, next, this.#now))
          this.#emit({ type: 'stage', data: next })
        return next
      }),
    }
  }

  plan(plan: Plan): void {
    this.job = { ...this.job, plan }
    const shots = plan.shots.map(({ index, title, estimatedSeconds }) => ({ index, title, estimatedSeconds }))
    this.#emit({ type: 'plan', data: { title: plan.title, plannedDurationSeconds: plan.estimatedSeconds, shots } })
  }

  preview(preview: Preview): void {
    if (this.job.preview && this.job.preview.seq >= preview.seq) return
    this.job = { ...this.job, preview }
    this.#emit({ type: 'preview', data: preview })
  }

  notice(text: string | null): void {
    if (this.job.notice === text) return
    this.job = { ...this.job, notice: text }
    this.#emit({ type: 'notice', data: { text } })
  }

  async reserve(take: Take, quote: Quote): Promise<void> {
    if (quote.amountMicroUsd === 0) return
    const { id: jobId, tenantId, request } = this.job
    const limit = request.policy.maxCostMicroUsd
    const entry = { takeId: take.id, jobId, tenantId, provider: take.provider, model: modelOf(take), at: this.#now }
    const { amountMicroUsd, basis } = quote
    const answer = await this.repositories.ledger.reserve({ ...entry, amountMicroUsd, basis }, limit)
    if (answer === 'reserved') return
    const whose = answer === 'job' ? `The job may cost ${usd(limit ?? 0)}` : 'What is left of the budget'
    throw new SluiceError(
      'budget_exceeded',
      `${whose} and is less than the next order needs: ${usd(amountMicroUsd)} at ${take.provider}.`,
      {
        field: 'policy.maxCostMicroUsd',
        fix: answer === 'job' ? 'Raise policy.maxCostMicroUsd and retry the job.' : 'Raise the budget of the tenant and retry the job.',
      },
    )
  }

  async settle(take: Take, amountMicroUsd: number, basis: string): Promise<void> {
    const spent = await this.repositories.ledger.close(take.id, { state: 'settled', amountMicroUsd, basis }, this.#now)
    if (spent === 0) return
    this.spent.push({ provider: take.provider, amountMicroUsd: spent })
    this.job = { ...this.job, cost: { ...this.job.cost, actualMicroUsd: this.job.cost.actualMicroUsd + spent } }
    this.#emit({ type: 'cost', data: this.job.cost })
  }

  async releaseReserve(take: Take): Promise<void> {
    await this.repositories.ledger.close(take.id, { state: 'released' }, this.#now)
  }

  async createAsset(asset: Asset): Promise<void> {
    await this.repositories.assets.insert(asset)
    this.#asset = asset
    this.job = { ...this.job, assetId: asset.id }
    this.#emit({ type: 'asset', data: { assetId: asset.id, durationSeconds: null } })
  }

  async asset(): Promise<Asset> {
    if (!this.#asset) {
      const found = this.job.assetId && (await this.repositories.assets.get(this.job.assetId))
      if (!found) throw new Error(`job ${this.job.id} has no asset yet`)
      this.#asset = found
    }
    return this.#asset
  }

  async changeAsset(change: Partial<Omit<Asset, 'id' | 'jobId' | 'state'>>): Promise<void> {
    this.#asset = { ...(await this.asset()), ...change }
    this.#assetChanged = true
  }

  async addFiles(files: AssetFile[]): Promise<void> {
    const { id } = await this.asset()
    const names = new Set(files.map(({ name }) => name))
    // A step that runs again writes its files again.
    const replaced = (await this.repositories.assets.files(id)).filter(({ name }) => names.has(name))
    await this.repositories.assets.addFiles(id, files)
    await this.#stored(bytesOf(files) - bytesOf(replaced))
  }

  /** What rows name is counted along with them; the last step of the job counts what is there. */
  async #stored(bytes: number): Promise<void> {
    if (bytes === 0 || !this.job.assetId) return
    const { retention } = await this.asset()
    await this.changeAsset({ retention: { ...retention, storedBytes: retention.storedBytes + bytes } })
  }

  async discardAsset(reason: string): Promise<void> {
    if (!this.job.assetId) return
    const asset = await this.asset()
    if (asset.state.state === 'discarded') return
    this.#asset = setAssetState(asset, { state: 'discarded', at: this.#now, reason })
    this.#assetChanged = true
  }

  async addRungs(rungs: Rung[]): Promise<void> {
    await this.repositories.assets.addRungs((await this.asset()).id, rungs)
    await this.#stored(bytesOf(rungs.map(({ init }) => init)))
  }

  async release(segments: Segment[], { last }: { last: boolean }): Promise<void> {
    const asset = await this.asset()
    await this.repositories.assets.addSegments(asset.id, segments)
    await this.#stored(bytesOf(segments))
    const first = segments[0]
    if (!first) return
    const endSeconds = first.startSeconds + first.durationSeconds
    await this.changeAsset({ releasedSeconds: endSeconds, ...(last && { durationSeconds: endSeconds }) })
    if (this.job.request.policy.gate === 'asset') return
    await this.#becomePlayable()
    this.#emit({ type: 'segment', data: { index: first.index, startSeconds: first.startSeconds, endSeconds } })
  }

  async #becomePlayable(): Promise<void> {
    const { state } = this.job
    if ((state.state !== 'running' && state.state !== 'held') || state.playableAt) return
    const asset = await this.asset()
    this.job = setJobState(this.job, { ...state, playableAt: this.#now })
    this.#emit({
      type: 'playable',
      data: {
        assetId: asset.id,
        kind: asset.kind,
        plannedDurationSeconds: asset.plannedDurationSeconds,
        releasedSeconds: asset.releasedSeconds,
        captions: asset.cues.length > 0,
        poster: asset.poster,
      },
    })
  }

  async verdicts(verdicts: Verdict[]): Promise<void> {
    if (verdicts.length === 0) return
    const { profile: name, profileVersion: version } = this.job.request.policy
    const { id } = await this.asset()
    const told = verdicts.some(({ notSetUp }) => notSetUp) ? await this.repositories.judgements.get(id, { name, version }) : undefined
    const fresh = verdicts.filter(({ check, notSetUp }) => !notSetUp || !told?.verdicts.some((one) => one.notSetUp && one.check === check))
    if (fresh.length === 0) return
    await this.repositories.judgements.add(id, { name, version }, fresh, this.#now)
    this.tell(fresh)
  }

  tell(verdicts: Verdict[]): void {
    for (const verdict of verdicts) this.#emit({ type: 'check', data: verdict })
  }

  async createTakes(takes: Take[]): Promise<void> {
    if (takes.length === 0) return
    await this.repositories.takes.insert(takes)
    for (const take of takes) this.#emitTake(take)
  }

  repair(choice: RepairChoice, { id: takeId, shot }: Take): void {
    this.#emit({ type: 'repair', data: { ...choice, takeId, shot } })
  }

  async setTake(take: Take, to: TakeState): Promise<Take> {
    const next = setTakeState(take, to)
    await this.repositories.takes.save(next)
    await this.#stored(bytesOf(mastersOf(next)) - bytesOf(mastersOf(take)))
    if (next.state.state !== take.state.state) this.#emitTake(next)
    if (isInFlight(take) && !isInFlight(next)) this.freed.add(take.provider)
    if (isInFlight(take) && !isInFlight(next) && next.state.state !== 'planned') this.made.push(next)
    return next
  }

  async hold(hold: Hold): Promise<Review> {
    const { review, isNew } = await reviewFor(this.#deps, this, hold, this.#now)
    if (!isNew) return review
    await this.repositories.reviews.insert(review)
    this.#reviewsChanged = true
    this.#emit({ type: 'review', data: review })
    const { state } = this.job
    if (state.state !== 'running') return review
    // How long it takes from now on is up to a person.
    this.job = setJobState({ ...this.job, eta: null }, { ...state, state: 'held', heldAt: this.#now })
    this.#emit({ type: 'status', data: { state: 'held', at: this.#now } })
    return review
  }

  async setReview(review: Review): Promise<void> {
    await this.repositories.reviews.save(review)
    this.#reviewsChanged = true
    this.#emit({ type: 'review', data: review })
  }

  async addSteps(works: StepWork[], options: { priority?: number; delayMs?: number; lane?: Lane } = {}): Promise<void> {
    if (works.length === 0) return
    const steps = works.map(
      (work): Step => ({
        id: this.#deps.ids.next('stp'),
        jobId: this.job.id,
        tenantId: this.job.tenantId,
        work,
        lane: options.lane ?? laneOf[work.name],
        costSeconds: costSecondsOf(work, this.job.plan?.estimatedSeconds ?? 0),
        priority: this.job.request.policy.priority * 100 + (options.priority ?? 0),
        attempt: 0,
        failures: 0,
        state: { state: 'ready', runAt: new Date(this.#now.getTime() + (options.delayMs ?? 0)) },
        createdAt: this.#now,
      }),
    )
    await this.repositories.steps.insert(steps)
    this.stepsDue = true
  }

  async wake(name: StepName, takeId?: TakeId): Promise<void> {
    const due = await this.repositories.steps.wake(this.job.id, name, takeId)
    if (due.length > 0) this.stepsDue = true
  }

  async revive(stepId: StepId): Promise<void> {
    if (!(await this.repositories.steps.revive(stepId))) throw new Error(`step ${stepId} has not failed`)
    this.stepsDue = true
  }

  giveUp({ id: stepId, work }: Step, error: SluiceError): Promise<void> {
    return this.#writeDeadLetter({ kind: 'step', stepId, step: work.name }, storeError(error))
  }

  async #writeDeadLetter(about: DeadLetter['about'], error: DeadLetter['error']): Promise<void> {
    const { id: jobId, tenantId } = this.job
    const letter = { id: this.#deps.ids.next('dlt'), tenantId, jobId, about, error, at: this.#now }
    await this.repositories.deadLetters.insert({ ...letter, state: { state: 'open' } })
  }

  async succeed(): Promise<void> {
    const { state } = this.job
    if (state.state !== 'running') throw new Error(`job ${this.job.id} cannot succeed from ${state.state}`)
    const { durationSeconds, ...made } = await this.asset()
    if (durationSeconds === null) throw new Error(`asset ${made.id} has no end`)
    const kept = { ...made, durationSeconds, retention: await this.#countedFromNow(made.retention) }
    const asset = setAssetState(kept, { state: 'ready', readyAt: this.#now })
    this.#asset = asset
    this.#emit({ type: 'asset', data: { assetId: asset.id, durationSeconds } })
    await this.#becomePlayable()
    const running = this.job.state
    this.job = setJobState(this.job, {
      state: 'succeeded',
      startedAt: state.startedAt,
      playableAt: running.state === 'running' ? running.playableAt : null,
      endedAt: this.#now,
    })
    // A job that waited for people tells nothing of how long such jobs take.
    if (state.heldMs === undefined) {
      this.eta = await this.#deps.forecast.judge(this.job, this.#now, this.repositories.samples)
      await this.repositories.samples.add(this.#deps.forecast.samplesOf(this.job))
    }
    this.#emit({ type: 'status', data: { state: 'succeeded', assetId: asset.id, at: this.#now } })
  }

  async end(state: 'failed' | 'cancelled' | 'expired', outcome: Outcome): Promise<void> {
    if (jobEnded(this.job)) return
    await this.repositories.accounts.leave(this.job.id)
    for (const stage of this.job.stages) if (stage.state === 'running') this.stage({ key: stage.key, ended: 'failed' })
    for (const review of await this.#openReviews()) await this.setReview(setReviewState(review, 'closed', this.#now))
    let shown = false
    if (this.job.assetId) {
      const asset = await this.asset()
      shown = asset.releasedSeconds > 0 && this.job.request.policy.gate !== 'asset'
      const kept = { ...asset, retention: await this.#countedFromNow(asset.retention) }
      this.#asset = setAssetState(kept, { state: shown ? 'cut' : 'discarded', at: this.#now, reason: outcome.detail })
      this.#assetChanged = true
    }
    await this.repositories.steps.cancelOpen(this.job.id, this.#held?.stepId)
    await this.addSteps([{ name: 'cleanup' }], { delayMs: shown ? CUT_ASSET_KEPT_MS : 0 })
    if (state === 'failed' && isDeadLetter(outcome)) await this.#writeDeadLetter({ kind: 'job' }, errorOf(outcome))
    this.job = setJobState({ ...this.job, eta: null, notice: null }, { state, endedAt: this.#now, outcome })
    this.#emit({ type: 'status', data: { state, outcome, at: this.#now } })
  }

  async #countedFromNow(retention: Retention): Promise<Retention> {
    const policy = (await this.repositories.tenants.get(this.job.tenantId)) ?? SERVERS_POLICY
    return countFrom(retention, this.#now, periodsOf(policy, this.#deps.config.retention))
  }

  /** Writes what was gathered and returns the job as it now stands. */
  async flush(): Promise<Job> {
    if (this.#reviewsChanged && !jobEnded(this.job)) await this.#lookAtReviews()
    if (this.#stagesChanged && !jobEnded(this.job)) {
      const told = { progress: this.job.progress, eta: this.job.eta }
      this.job = { ...this.job, ...(await this.#deps.forecast.of(this.job, this.#now, this.repositories.samples)) }
      if (this.#deps.forecast.worthSending(this.job, told, this.#now)) {
        this.#emit({ type: 'progress', data: { progress: this.job.progress, eta: this.job.eta } })
      }
    }
    if (this.#asset && (this.#assetChanged || jobEnded(this.job))) await this.repositories.assets.save(this.#asset)
    if (this.events.length > 0) await this.#append()
    await this.repositories.jobs.save(this.job)
    return this.job
  }

  async #openReviews(): Promise<Review[]> {
    if (this.job.state.state !== 'held') return []
    return (await this.repositories.reviews.ofJob(this.job.id)).filter(({ state }) => state === 'open')
  }

  /** Says what a person is waited for, or runs on. */
  async #lookAtReviews(): Promise<void> {
    const open = await this.#openReviews()
    if (open.length > 0) return this.notice(heldNotice(open))
    if (this.job.state.state !== 'held') return
    const { heldAt, heldMs = 0, ...state } = this.job.state
    this.job = setJobState(this.job, { ...state, state: 'running', heldMs: heldMs + this.#now.getTime() - heldAt.getTime() })
    this.#emit({ type: 'status', data: { state: 'running', at: this.#now } })
    this.notice(null)
    this.#stagesChanged = true
  }

  async #append(): Promise<void> {
    const { seq } = this.job
    this.job = await this.repositories.events.append(this.job, this.#now, this.events)
    const told = this.events.flatMap((event, index) => {
      const type = webhookEventOf(event)
      return type === null ? [] : [{ id: seq + 1 + index, type }]
    })
    if (told.length === 0) return
    await this.repositories.webhooks.announce(this.job, this.#now, told)
    this.announced = true
  }

  #emitTake(take: Take): void {
    this.#emit({
      type: 'take',
      data: {
        takeId: take.id,
        role: take.role,
        shot: take.shot,
        number: take.number,
        provider: take.provider,
        state: take.state.state,
        ...('outcome' in take.state && { outcome: take.state.outcome }),
      },
    })
  }

  /** The log of an ended job is closed: work in its background writes no events. */
  #emit(event: EngineEvent): void {
    if (!this.#ended) this.events.push(event)
  }
}

function modelOf({ request }: Take): string | null {
  return 'model' in request ? (request.model ?? null) : null
}

const bytesOf = (objects: { sizeBytes: number }[]): number => objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
const errorOf = ({ detail, code, fix, field }: Outcome): DeadLetter['error'] => ({
  detail,
  ...(code !== undefined && { code }),
  ...(fix !== undefined && { fix }),
  ...(field !== undefined && { field }),
})
