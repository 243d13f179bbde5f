import type { Asset, AssetFile, Rung, Segment } from '../domain/asset.ts'
import type { BlockList } from '../domain/block-list.ts'
import type { DeadLetter, DeadLetterAbout, DeadLetterState } from '../domain/dead-letter.ts'
import type { DurationSample } from '../domain/eta.ts'
import type { ApiKeyId, AssetId, DeadLetterId, JobId, ProcessId, ReviewId, StepId, TakeId, TenantId, WebhookId } from '../domain/ids.ts'
import type { Job, JobState } from '../domain/job.ts'
import type { MicroUsd } from '../domain/money.ts'
import type { AssetParts } from '../domain/object-keys.ts'
import type { OutcomeClass } from '../domain/outcome.ts'
import type { HouseProcess } from '../domain/process.ts'
import type { StageKey } from '../domain/progress.ts'
import type { RepairAction, RepairRecord } from '../domain/repair.ts'
import type { JobKind } from '../domain/request.ts'
import type { RetentionClass } from '../domain/retention.ts'
import type { Review, ReviewState } from '../domain/review.ts'
import type { Budget, LedgerEntry } from '../domain/spend.ts'
import { LANES, type Lane, type Step, type StepExit, type StepName, type StepWork } from '../domain/step.ts'
import type { RemoteRef, Take } from '../domain/take.ts'
import type { StoragePolicy, Tenant } from '../domain/tenant.ts'
import type { Turns } from '../domain/turns.ts'
import type { Judgement, ProfileVersion, QualityProfile, Verdict } from '../domain/verdict.ts'
import type { WebhookDelivery, WebhookEndpoint, WebhookEvent } from '../domain/webhook.ts'

/** An event as the log keeps it: `type` and `data` are those of `wire/events.ts`. */
export interface StoredEvent {
  id: number
  at: Date
  type: string
  data: unknown
}

export interface JobFilter {
  states?: JobState['state'][]
  kinds?: JobKind[]
  /** Only jobs older than this one, in the order of the list. */
  before?: JobId
  limit: number
}

export interface JobsRepository {
  insert(jobs: Job[]): Promise<void>
  get(id: JobId): Promise<Job | undefined>
  /** Reads and holds the row until the transaction ends: the one way to change a job. */
  lock(id: JobId): Promise<Job | undefined>
  save(job: Job): Promise<void>
  /** Newest first. */
  list(tenantId: TenantId, filter: JobFilter): Promise<Job[]>
  /** Every job of the tenant that has not ended, and those saved at or after `since`. Oldest first, at most 1,000. */
  changedSince(tenantId: TenantId, since: Date): Promise<Job[]>
  /** Unended jobs whose deadline has passed. */
  overdue(now: Date, limit: number): Promise<JobId[]>
  /**
   * Jobs that begin before this one if no other comes, by the turns of tenants; half a second old. Of each
   * tenant the first 1,000 are counted.
   */
  ahead(job: Pick<Job, 'id' | 'tenantId' | 'createdAt'>): Promise<number>
}

export interface ClaimedStep extends Step {
  /** How long it had been due, in milliseconds by the database's clock. */
  waitedMs: number
}

/** The queues in which tenants take turns: to begin a job, and each lane's for the steps of jobs that have begun. */
export type QueueName = 'entry' | Lane
export const QUEUES: readonly QueueName[] = ['entry', ...LANES]

export interface WaitingStep {
  id: StepId
  jobId: JobId
  queue: QueueName
  tenantId: TenantId
  costSeconds: number
  /** It is on its way to a worker already. */
  hinted: boolean
}

/** A step that was told to the queue. */
export interface HintedStep {
  id: StepId
  lane: Lane
  /** Somebody woke it. */
  woken: boolean
}

/** What waits in a lane. */
export interface Backlog {
  lane: Lane
  /** Steps that are due and not running. */
  depth: number
  /** How long the oldest of them has been due, in seconds; 0 when there is none. */
  oldestSeconds: number
}

export interface StepsRepository {
  insert(steps: Step[]): Promise<void>
  get(id: StepId): Promise<Step | undefined>
  ofJob(jobId: JobId): Promise<Step[]>
  /**
   * Takes a due step: `ready` or `parked` whose time has come, or `running` whose lease has run out. Its attempt grows by one.
   * `undefined`: not due, or someone else has it. All times are the database's.
   */
  claim(id: StepId, workerId: string, leaseMs: number): Promise<ClaimedStep | undefined>
  /** `false`: the lease is no longer ours. */
  renew(id: StepId, attempt: number, leaseMs: number): Promise<boolean>
  /** Inside a transaction: holds the row if it is still running under this attempt. `false`: write nothing. */
  hold(id: StepId, attempt: number): Promise<boolean>
  /**
   * Leaves `running`, fenced by the attempt, and returns where to: a step poked meanwhile becomes `ready` now instead of
   * `parked`. `null`: stale, nothing written.
   */
  leave(id: StepId, attempt: number, to: StepExit, failures: number): Promise<StepExit['state'] | null>
  /** A failed step is due again, with no failure behind it; its attempts go on counting. `false`: it has not failed. */
  revive(id: StepId): Promise<boolean>
  /** Makes parked steps due now and pokes running ones. Returns the ids that became due. */
  wake(jobId: JobId, name: StepName, takeId?: TakeId): Promise<StepId[]>
  /** Cancels what is `ready` or `parked`, and what is `running` except `keep`; a running one loses its fence. */
  cancelOpen(jobId: JobId, keep?: StepId): Promise<void>
  /**
   * Steps that are due or begin a job, by queue and tenant, each tenant's in the order they go: what somebody woke first, then by
   * rank. Of a tenant at most `mostOfEach` of each queue, of a lane the 10,000 that have been due longest.
   */
  waiting(queues: readonly QueueName[], mostOfEach: number): Promise<WaitingStep[]>
  /**
   * Of each queue that has no more due steps than `room`: marks them as told, as `hint` does, and returns them, what somebody woke
   * first, then by rank. Queues that have more are named, and left as they are.
   */
  hintAll(rooms: ReadonlyMap<QueueName, number>, hintAgainMs: number): Promise<{ hinted: HintedStep[]; contested: QueueName[] }>
  /** Of a tenant: how many entries wait, counted up to `most`, and for how long the next of them has. */
  entriesOf(tenantId: TenantId, most: number): Promise<{ count: number; nextSeconds: number }>
  /** Marks these as told to the queue for the next `hintAgainMs`, and returns those that were due and not told yet. */
  hint(ids: readonly StepId[], hintAgainMs: number): Promise<HintedStep[]>
  /** Milliseconds until the next step of these lanes becomes due, at most `atMostMs`. */
  nextDueInMs(lanes: readonly Lane[], atMostMs: number): Promise<number>
  /**
   * What waits in each lane. Looks at no more than 10,000 steps of a lane, so that it is quick however much waits.
   * @param hintAgainMs as given to `due`
   */
  backlog(hintAgainMs: number): Promise<Backlog[]>
  /** Steps of this kind of work not ended yet. */
  open(jobId: JobId, names: StepWork['name'][]): Promise<number>
}

export interface TakesRepository {
  insert(takes: Take[]): Promise<void>
  get(id: TakeId): Promise<Take | undefined>
  save(take: Take): Promise<void>
  ofJob(jobId: JobId): Promise<Take[]>
  /** Orders that have not ended, by provider, and how many of them are `submit_unknown`. */
  ordered(): Promise<{ provider: string; inFlight: number; inDoubt: number }[]>
  /** The take being made whose reference has this `id`. */
  byRemoteId(provider: string, remoteId: string): Promise<Take | undefined>
}

export interface ReviewFilter {
  states?: ReviewState[]
  /** Only reviews older than this one, in the order of the list. */
  before?: ReviewId
  limit: number
}

export interface ReviewsRepository {
  insert(review: Review): Promise<void>
  get(id: ReviewId): Promise<Review | undefined>
  /** Writes the state and the decisions that are new. A decision once written is never changed nor lost, whatever is saved. */
  save(review: Review): Promise<void>
  /** In the order of their making. */
  ofJob(jobId: JobId): Promise<Review[]>
  /** Newest first. */
  list(tenantId: TenantId, filter: ReviewFilter): Promise<Review[]>
}

export interface AssetsRepository {
  insert(asset: Asset): Promise<void>
  get(id: AssetId): Promise<Asset | undefined>
  /** The asset and its tenant, for serving. */
  getWithTenant(id: AssetId): Promise<{ asset: Asset; tenantId: TenantId } | undefined>
  save(asset: Asset): Promise<void>
  /** Newest first, `ready` ones only, whose time is not over at `now`. */
  list(tenantId: TenantId, filter: { now: Date; before?: AssetId; limit: number }): Promise<Asset[]>
  /**
   * Assets of which something is to be removed at `now` (`dueOf`), the longest overdue first. Those whose job has steps open are
   * left out: such a step may still write objects.
   */
  overdue(now: Date, limit: number): Promise<Pick<Asset, 'id' | 'jobId'>[]>
  /** Files, rungs and segments. */
  parts(assetId: AssetId): Promise<AssetParts>
  forgetParts(assetId: AssetId): Promise<void>
  /** Bytes the tenant's assets take up, their masters included, by how long they stay. */
  storedBytes(tenantId: TenantId): Promise<Record<RetentionClass, number>>
  /** The same in all, of each tenant that stores something. */
  storedBytesByTenant(): Promise<Map<TenantId, number>>
  addFiles(assetId: AssetId, files: AssetFile[]): Promise<void>
  file(assetId: AssetId, name: string): Promise<AssetFile | undefined>
  files(assetId: AssetId): Promise<AssetFile[]>
  addRungs(assetId: AssetId, rungs: Rung[]): Promise<void>
  rungs(assetId: AssetId): Promise<Rung[]>
  addSegments(assetId: AssetId, segments: Segment[]): Promise<void>
  /** In order of index; of one rung, or all. */
  segments(assetId: AssetId, rung?: string): Promise<Segment[]>
  segment(assetId: AssetId, rung: string, index: number): Promise<Segment | undefined>
}

export interface EventsRepository {
  /** Gives the events the next ids of the locked job and returns the job with its `seq` moved on. */
  append(job: Job, at: Date, events: { type: string; data: unknown }[]): Promise<Job>
  /** Writes the first event of jobs that are inserted with `seq` 1 in the same transaction. */
  begin(firsts: { job: Job; type: string; data: unknown }[]): Promise<void>
  /** Events with id > `after`, in order. */
  read(jobId: JobId, after: number, limit: number): Promise<StoredEvent[]>
}

export interface SamplesRepository {
  add(samples: DurationSample[]): Promise<void>
  /** The latest `limit` seconds per stage in a bucket. */
  read(bucket: string, limit: number): Promise<Map<StageKey, number[]>>
}

/** A remembered answer to a POST. */
export interface IdempotencyRecord {
  tenantId: TenantId
  key: string
  /** SHA-256 of method, path and body. */
  fingerprint: string
  jobId: JobId
}

export interface IdempotencyRepository {
  /** Writes the record unless the key is known; returns the one that stands. Kept for 24 hours. */
  remember(record: IdempotencyRecord): Promise<IdempotencyRecord>
  /** Looks without writing. */
  recall(tenantId: TenantId, key: string): Promise<IdempotencyRecord | undefined>
  forgetBefore(time: Date): Promise<void>
}

export interface ApiKeyRecord {
  id: ApiKeyId
  tenantId: TenantId
  name: string
  /** SHA-256 of the key; the key itself is shown once and never kept. */
  hash: string
  createdAt: Date
}

export interface KeysRepository {
  insert(key: ApiKeyRecord): Promise<void>
  byHash(hash: string): Promise<ApiKeyRecord | undefined>
  count(): Promise<number>
}

/** What a tenant may take beside others. */
export interface TenantShare {
  tenantId: TenantId
  /** 1 unless it was set: a tenant of weight 2 gets twice as much of what is scarce. */
  weight: number
  /** Jobs in the making at once; `null` for no limit. */
  jobsAtOnce: number | null
}

export interface TurnsRepository {
  /** How far each queue has come; one that is not listed has not begun. */
  all(): Promise<Map<QueueName, Turns>>
  save(turns: ReadonlyMap<QueueName, Turns>): Promise<void>
}

export interface TenantsRepository {
  /** Creates the tenant if there is none of this name; returns its id. */
  ensure(name: string, id: TenantId): Promise<TenantId>
  /** Of these tenants; one that is not listed has no row. */
  shares(ids: readonly TenantId[]): Promise<TenantShare[]>
  /** Of the tenants for whom one was set. */
  setShares(): Promise<TenantShare[]>
  setShare(id: TenantId, share: Pick<TenantShare, 'weight' | 'jobsAtOnce'>): Promise<void>
  /** Jobs in the state `running`, counted up to `most`: of the whole house, or of each of these tenants that has any. */
  runningJobs(most: number): Promise<number>
  runningJobsOf(ids: readonly TenantId[], most: number): Promise<Map<TenantId, number>>
  /**
   * Counts a submit of the tenant, of whom so many are let in within a minute, all at once or spread over it. Returns 0, or in how many
   * milliseconds there is room for it: it was not counted then.
   */
  submits(id: TenantId, perMinute: number): Promise<number>
  get(id: TenantId): Promise<Tenant | undefined>
  /** By name. */
  list(): Promise<Tenant[]>
  /** Assets of jobs that have ended keep the time they were given. */
  setStoragePolicy(id: TenantId, policy: StoragePolicy): Promise<void>
}

export interface LedgerRepository {
  /**
   * Sets the entry's amount aside, if tenant and job can still pay for it. Locks the tenant's budget until the transaction
   * ends. `tenant` or `job`: whose limit forbids it; nothing was written. A take that is reserved already stays so.
   */
  reserve(entry: Omit<LedgerEntry, 'state'>, jobLimitMicroUsd: MicroUsd | null): Promise<'reserved' | 'tenant' | 'job'>
  /** `settled` or `released`. Does nothing when there is no reservation: it was closed before, or cost nothing. Returns what it changed the job's cost by. */
  close(
    takeId: TakeId,
    to: { state: 'settled'; amountMicroUsd: MicroUsd; basis: string } | { state: 'released' },
    at: Date,
  ): Promise<MicroUsd>
  get(takeId: TakeId): Promise<LedgerEntry | undefined>
  budget(tenantId: TenantId): Promise<Budget>
  setLimit(tenantId: TenantId, limitMicroUsd: MicroUsd | null): Promise<void>
  /** Sums by provider and model of entries at or after `since`. */
  usage(tenantId: TenantId, since: Date): Promise<UsageRow[]>
}

export interface UsageRow {
  provider: string
  model: string | null
  takes: number
  reservedMicroUsd: MicroUsd
  spentMicroUsd: MicroUsd
}

/** What an account at a provider takes, over all workers; `null` for no limit. */
export interface AccountLimits {
  inFlight: number | null
  /** Orders a minute; up to a sixth of them may go out at once. */
  perMinute: number | null
}

/** What all workers know of an account at a provider. */
export interface AccountsRepository {
  /**
   * Whether one more order may go out now. Where there is a limit, locks the account until the transaction ends, so that two
   * workers do not take the last place, and stands in line until it has one: places are shared among tenants
   * (`domain/places.ts`). Otherwise how long to wait before asking again, in milliseconds.
   */
  enter(
    provider: string,
    limits: AccountLimits,
    order: { takeId: TakeId; jobId: JobId; tenantId: TenantId },
  ): Promise<{ enter: true } | { enter: false; waitMs: number }>
  /** Who waits for a place and would get one now. */
  next(provider: string, atMostInFlight: number): Promise<{ jobId: JobId; takeId: TakeId }[]>
  /** None of the job's orders waits any more. */
  leave(jobId: JobId): Promise<void>
  /** The provider asked to slow down: nobody orders for this long; without a figure 1 s, doubled each time up to 60 s. */
  slowDown(provider: string, retryAfterMs: number | null): Promise<void>
  /** An order went through: the next pause begins small again. */
  wentWell(provider: string): Promise<void>
  /** A call to the provider failed in this way. */
  failed(provider: string, as: OutcomeClass): Promise<void>
  /** What is known of each that ever took an order or failed a call. */
  list(): Promise<ProviderAccount[]>
}

export interface ProviderAccount {
  provider: string
  /** Nobody orders before then; `null`: it is not waited for. */
  pausedUntil: Date | null
  /** When it last asked to slow down. */
  slowedAt: Date | null
  lastFailure: { at: Date; as: OutcomeClass } | null
}

export interface HintsRepository {
  /** `false`: this message is known. */
  remember(hint: { provider: string; dedupeKey: string; takeId: TakeId | null; ref: RemoteRef }): Promise<boolean>
  /** The reference a message named for this take. */
  refOf(takeId: TakeId): Promise<RemoteRef | undefined>
  forgetBefore(time: Date): Promise<void>
}

export interface ProfilesRepository {
  /** Writes the next version of the tenant's profile of this name, and returns it. */
  add(tenantId: TenantId, profile: Omit<QualityProfile, 'version'>): Promise<QualityProfile>
  /** The newest version, or this one. Built-in profiles are not among them. */
  get(tenantId: TenantId, name: string, version?: number): Promise<QualityProfile | undefined>
  /** The newest version of each, by name. */
  list(tenantId: TenantId): Promise<QualityProfile[]>
}

export interface JudgementsRepository {
  /** Adds verdicts to those the profile's version has on the asset. */
  add(assetId: AssetId, profile: ProfileVersion, verdicts: Verdict[], at: Date): Promise<void>
  /** Puts verdicts in the place of those it had. */
  replace(assetId: AssetId, profile: ProfileVersion, verdicts: Verdict[], at: Date): Promise<void>
  get(assetId: AssetId, profile: ProfileVersion): Promise<Judgement | undefined>
  /** The oldest first. */
  of(assetId: AssetId): Promise<Judgement[]>
}

export interface RepairsRepository {
  /** What was learned of repairs of this check. */
  of(check: string): Promise<RepairRecord[]>
  /** One more try, and whether it has mended. */
  learn(check: string, action: RepairAction, mended: boolean): Promise<void>
}

export interface BlockListsRepository {
  /** Empty for a tenant that never wrote one. */
  get(tenantId: TenantId): Promise<BlockList>
  /** Puts this list in the place of the one before. */
  set(tenantId: TenantId, entries: string[], at: Date): Promise<void>
}

/** What the processes of the house say of themselves. */
export interface ProcessesRepository {
  /** Says that it is alive, and what it has in hand. */
  beat(process: HouseProcess): Promise<void>
  /** The oldest first, by the database's clock. One that died without a word is listed as not alive for a while. */
  list(): Promise<(HouseProcess & { seenAt: Date; alive: boolean })[]>
  /** It goes, or is known to be dead. */
  leave(id: ProcessId): Promise<void>
}

/** What one process at a time does for the whole house. Times are the database's. */
export interface LeasesRepository {
  /** Takes it when nobody has it, or renews one's own. `false`: another has it. */
  take(name: string, holder: ProcessId, leaseMs: number): Promise<boolean>
  holder(name: string): Promise<ProcessId | undefined>
  /** Does nothing when another has it. */
  release(name: string, holder: ProcessId): Promise<void>
}

/** A delivery that this process is to send, and where to. */
export interface ClaimedDelivery {
  delivery: WebhookDelivery
  endpoint: WebhookEndpoint
}

export interface ClaimLimits {
  /** Deliveries at most. */
  limit: number
  /** Deliveries at once to one endpoint; one that is failing gets a single one. */
  perEndpoint: number
  /** What this process is sending already. */
  busy: ReadonlyMap<WebhookId, number>
  /** Who does not come back for this long is taken for dead, and its deliveries are due again. */
  leaseMs: number
}

/** How one attempt went, and what follows. */
export interface DeliveryAttempt {
  /** `waitMs`: it stays pending, to be sent again in so long. */
  to: { state: 'delivered' } | { state: 'failed' } | { state: 'pending'; waitMs: number }
  /** `null`: no answer came. */
  status: number | null
  error: string | null
  tookMs: number
}

export interface WebhooksRepository {
  insert(endpoint: WebhookEndpoint): Promise<void>
  get(id: WebhookId): Promise<WebhookEndpoint | undefined>
  /** Reads and holds the row until the transaction ends: the one way to change an endpoint. */
  lock(id: WebhookId): Promise<WebhookEndpoint | undefined>
  save(endpoint: WebhookEndpoint): Promise<void>
  /** With its deliveries. */
  remove(id: WebhookId): Promise<void>
  /** Oldest first. */
  list(tenantId: TenantId): Promise<WebhookEndpoint[]>
  /**
   * Writes a delivery for each enabled endpoint of the job's tenant and each event it wants, due at once. In the transaction
   * that writes the events: then none is lost, and none is told that never was. Nothing is written twice.
   */
  announce(job: Pick<Job, 'id' | 'tenantId'>, at: Date, events: { id: number; type: WebhookEvent }[]): Promise<void>
  /** Writes a delivery that tells of no event, due at once. */
  addTest(endpointId: WebhookId, id: string, at: Date): Promise<void>
  /**
   * Takes due deliveries of enabled endpoints: `attempts` grows by one, `nextAt` is when the lease ends. Of one job the
   * earlier event goes first, until it has failed twice. Any number of processes may claim at once.
   */
  claim(limits: ClaimLimits): Promise<ClaimedDelivery[]>
  /** Writes how the claimed attempt went. `false`: it has been claimed again or replayed since; nothing was written. */
  settle(delivery: WebhookDelivery, attempt: DeliveryAttempt): Promise<boolean>
  /** Gives a claimed delivery back untried: it is due again. */
  giveBack(delivery: WebhookDelivery): Promise<void>
  delivery(endpointId: WebhookId, id: string): Promise<WebhookDelivery | undefined>
  /** Newest first. `before`: the id of a delivery; only older ones. */
  deliveries(
    endpointId: WebhookId,
    filter: { state?: WebhookDelivery['state']; before?: string; limit: number },
  ): Promise<WebhookDelivery[]>
  /** Makes a delivery due now, with all its attempts before it, and closes its dead letter. `undefined`: there is none of this id. */
  replay(endpointId: WebhookId, id: string): Promise<WebhookDelivery | undefined>
  /** Forgets deliveries that were written before, whatever became of them: none is tried for longer than a day. */
  forgetBefore(time: Date): Promise<void>
}

export interface DeadLettersRepository {
  insert(letter: DeadLetter): Promise<void>
  get(id: DeadLetterId): Promise<DeadLetter | undefined>
  /** Newest first. `tenantId` `null`: of all tenants. */
  listOpen(filter: { tenantId: TenantId | null; before?: DeadLetterId; limit: number }): Promise<DeadLetter[]>
  /** How many are open, counted up to `atMost`. */
  countOpen(tenantId: TenantId, atMost: number): Promise<number>
  /** How many of each kind are open in the whole house, of the first `atMost`. */
  openByKind(atMost: number): Promise<Map<DeadLetterAbout['kind'], number>>
  /** Closes an open one. `false`: it was closed already, or is not there. */
  close(id: DeadLetterId, to: Exclude<DeadLetterState, { state: 'open' }>): Promise<boolean>
  /** Closes what is open about the failure of this job. */
  closeJob(jobId: JobId, to: Extract<DeadLetterState, { state: 'retried' }>): Promise<void>
}

/** A step that somebody should look at. */
export interface StuckStep {
  stepId: StepId
  jobId: JobId
  step: StepName
  /** Leases that ran out one after the other. */
  lost: number
  /** Due since then, or held until then. */
  dueAt: Date
  createdAt: Date
  /** What it was parked for, if it was. */
  reason: string | null
}

export interface OrderInDoubt {
  takeId: TakeId
  jobId: JobId
  provider: string
  orderedAt: Date
  /** What it may have cost. */
  atStakeMicroUsd: MicroUsd
}

/** Work of a tenant that does not go on by itself, or not as it should. Reads only; the oldest first. */
export interface StuckRepository {
  /** Open steps whose workers were lost twice or more in a row. */
  lostSteps(tenantId: TenantId, limit: number): Promise<StuckStep[]>
  /**
   * Steps that have been due for longer than this, and nobody runs; those that begin a job wait for their turn and are none of
   * them. Looks at no more than 10,000 steps of a lane.
   */
  lateSteps(tenantId: TenantId, lateMs: number, limit: number): Promise<StuckStep[]>
  /** Orders of which nobody knows whether they were taken, and about which nobody has decided. */
  ordersInDoubt(tenantId: TenantId, limit: number): Promise<OrderInDoubt[]>
}

export interface Repositories {
  deadLetters: DeadLettersRepository
  stuck: StuckRepository
  profiles: ProfilesRepository
  judgements: JudgementsRepository
  repairs: RepairsRepository
  blockLists: BlockListsRepository
  processes: ProcessesRepository
  leases: LeasesRepository
  turns: TurnsRepository
  webhooks: WebhooksRepository
  ledger: LedgerRepository
  accounts: AccountsRepository
  hints: HintsRepository
  tenants: TenantsRepository
  keys: KeysRepository
  jobs: JobsRepository
  steps: StepsRepository
  takes: TakesRepository
  reviews: ReviewsRepository
  assets: AssetsRepository
  events: EventsRepository
  samples: SamplesRepository
  idempotency: IdempotencyRepository
}

/** What bringing the schema up to date did. */
export interface SchemaChange {
  /** The schema's version now. */
  version: number
  /** Migrations that ran, in order; empty when there was nothing to do. */
  ran: { version: number; name: string }[]
}

/** The truth. Every method throws `store_unavailable` when the database cannot be reached. */
export interface Store extends Repositories {
  /** One transaction, READ COMMITTED; deadlocks and serialisation failures are tried again up to 3 times. */
  transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T>
  /**
   * Runs `work` while this process alone holds the named lock; `undefined` when another holds it. `lost` fires when the lock is gone
   * with the connection that held it, as at a restart of the database: from then on another process may have it.
   */
  exclusively<T>(name: string, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined>
  /** Brings the schema up to date, under a lock; says what that took. */
  migrate(): Promise<SchemaChange>
  /** A name that this database has and no other, but one restored from its backup. */
  installation(): Promise<string>
  /** Resolves when a query goes through. */
  ping(): Promise<void>
  /** The time by the database's clock, which leases and due times go by. */
  now(): Promise<Date>
  close(): Promise<void>
}
