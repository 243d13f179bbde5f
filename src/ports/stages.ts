import type { Asset, AssetFile, Rung, Segment } from '../domain/asset.ts'
import type { SluiceError } from '../domain/errors.ts'
import type { StepId, TakeId } from '../domain/ids.ts'
import type { Job, Preview } from '../domain/job.ts'
import type { MicroUsd, Quote } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Plan } from '../domain/plan.ts'
import type { StageKey, StageReport } from '../domain/progress.ts'
import type { RepairChoice } from '../domain/repair.ts'
import type { JobRequest } from '../domain/request.ts'
import type { Hold, Review } from '../domain/review.ts'
import type { Lane, Step, StepName, StepWork } from '../domain/step.ts'
import type { Take, TakeState } from '../domain/take.ts'
import type { Verdict } from '../domain/verdict.ts'
import type { Logger } from './logger.ts'
import type { Repositories } from './store.ts'

/** Changes to one job inside one transaction that holds the job's row. Events are derived from the changes. */
export interface JobTransaction {
  /** As changed so far. */
  readonly job: Job
  readonly repositories: Repositories
  /** A queued job begins to run. */
  begin(): void
  stage(report: StageReport): void
  plan(plan: Plan): void
  preview(preview: Preview): void
  notice(text: string | null): void
  /** Sets the take's price aside before it is ordered. Throws `budget_exceeded`; nothing may be sent then. */
  reserve(take: Take, quote: Quote): Promise<void>
  /** What the take has cost is known, or assumed. Without a reservation nothing happens: it was settled before, or is free. */
  settle(take: Take, amountMicroUsd: MicroUsd, basis: string): Promise<void>
  /** The take has cost nothing. */
  releaseReserve(take: Take): Promise<void>
  createAsset(asset: Asset): Promise<void>
  /** The job's asset as changed so far. Throws when there is none yet. */
  asset(): Promise<Asset>
  /** Changes what is given and keeps the rest. */
  changeAsset(change: Partial<Omit<Asset, 'id' | 'jobId' | 'state'>>): Promise<void>
  addRungs(rungs: Rung[]): Promise<void>
  /** Nothing of it is served any more. Safe to repeat, and without an asset. */
  discardAsset(reason: string): Promise<void>
  addFiles(files: AssetFile[]): Promise<void>
  /** Releases one segment of every rung; the first makes the job playable, the last ends the timeline in the same write. */
  release(segments: Segment[], options: { last: boolean }): Promise<void>
  /** Adds to the asset's report, and tells; that a check is not set up is told once. Throws when there is no asset yet. */
  verdicts(verdicts: Verdict[]): Promise<void>
  /** Tells of verdicts on a take that will not be used: they are no part of the asset's report. */
  tell(verdicts: Verdict[]): void
  createTakes(takes: Take[]): Promise<void>
  /** Tells that a finding of a take is being mended. */
  repair(choice: RepairChoice, take: Take): void
  setTake(take: Take, to: TakeState): Promise<Take>
  /**
   * Asks people about findings: the job is held until nothing it was asked about is open. Asked again about the same
   * findings of the same take it gives the review that is open already, and asks about the new ones alone.
   */
  hold(hold: Hold): Promise<Review>
  /** Writes what was decided about a review. The job runs on once none is open any more. */
  setReview(review: Review): Promise<void>
  addSteps(works: StepWork[], options?: { priority?: number; delayMs?: number; lane?: Lane }): Promise<void>
  /** Makes a parked step due now; a running one runs again instead of parking. */
  wake(name: StepName, takeId?: TakeId): Promise<void>
  /** A step that failed for good is due again. Throws when it did not fail. */
  revive(stepId: StepId): Promise<void>
  /** Background work of the job, which has ended, is given up: a dead letter is written. */
  giveUp(step: Step, error: SluiceError): Promise<void>
  /** The asset is ready, the job has succeeded. */
  succeed(): Promise<void>
  /** Ends the job badly: open steps are cancelled, clean-up is ordered. A failure of the house writes a dead letter. */
  end(state: 'failed' | 'cancelled' | 'expired', outcome: Outcome): Promise<void>
}

export type Write = (tx: JobTransaction) => Promise<void>

export type StepResult =
  /** `after` runs once the result is committed; what it cannot do is only logged. */
  { then: 'done'; write?: Write; after?: () => Promise<void> } | { then: 'park'; wakeAt: Date; reason: string; write?: Write }

/** One claimed run of a step. */
export interface StepRun {
  readonly job: Job
  readonly step: Step
  /** Aborted when the lease is lost, the job is cancelled or the worker drains. */
  readonly signal: AbortSignal
  /** Its lines carry job, step and take. */
  readonly log: Logger
  /** Whose take the step is about, once that was read: lines and trace name the provider from then on. */
  about(provider: string): void
  /** Commits while the step goes on. Throws `LeaseLost` when it is no longer ours; nothing was written then. */
  checkpoint(write: Write): Promise<void>
}

/** Runs a step. What it throws is retried or not by the error's own advice. */
export type StepHandler = (run: StepRun) => Promise<StepResult>

/** What a kind of job goes through: its stages as a person sees them, and the takes it is made of. */
export interface Pipeline {
  readonly stages: readonly StageKey[]
  /** Pure and quick: it runs before the job is accepted. Throws what is wrong with the request. */
  plan(request: JobRequest): Plan
}
