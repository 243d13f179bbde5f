import { SluiceError } from '../domain/errors.ts'
import type { JobId, TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { Step } from '../domain/step.ts'
import type { IdempotencyRecord, Repositories, Store } from '../ports/store.ts'

/** Beyond this a transaction grows longer rather than cheaper by the job. */
const MOST_AT_ONCE = 64

/** How long a tenant's place is counted on from what it was; finding it out costs more than writing a job. */
const RECOUNT_AFTER_MS = 500
/** And how old a place may be that is told. */
const OUTDATED_AFTER_MS = 5_000
/** Tenants whose places are remembered. */
const MOST_REMEMBERED = 1_000

/** A job to be written, with `seq` 0. */
export interface Submission {
  job: Job
  step: Step
  idempotency: IdempotencyRecord | null
}

/**
 * `written`: the job stands, `ahead` jobs begin before it if no other comes. `known`: its idempotency key was
 * taken by the job of `record`; nothing was written.
 */
export type Acceptance = { then: 'written'; job: Job; ahead: number } | { then: 'known'; record: IdempotencyRecord }

interface Waiting {
  submission: Submission
  settle(acceptance: Acceptance): void
  fail(error: unknown): void
}

/**
 * Writes submitted jobs: row, first step, first event and the memory of the idempotency key in one transaction. Jobs
 * that come while a transaction is under way go together into the next one, so that a busy process pays one commit for
 * many and an idle one waits for nobody.
 */
export function createAcceptance(store: Pick<Store, 'transaction' | 'jobs'>): (submission: Submission) => Promise<Acceptance> {
  let waiting: Waiting[] = []
  let writing = false
  const ends = new Map<TenantId, { ahead: number; countedAt: number }>()
  const counting = new Set<TenantId>()

  async function write(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE)
      waiting = waiting.slice(MOST_AT_ONCE)
      await settle(batch)
    }
    writing = false
  }

  /** One job that cannot be written must not take others with it: a batch that fails is written job by job. */
  async function settle(batch: Waiting[]): Promise<void> {
    try {
      const submissions = batch.map(({ submission }) => submission)
      await recount(submissions)
      const taken = await store.transaction((tx) => accept(tx, submissions))
      for (const { submission, settle } of batch) {
        const record = taken.get(submission.job.id)
        settle(
          record ? { then: 'known', record } : { then: 'written', job: { ...submission.job, seq: 1 }, ahead: nextPlace(submission.job) },
        )
      }
    } catch (error) {
      const alone = batch.length === 1
      // A database that cannot be reached is nobody's fault, and asking it for each one would hold everybody up.
      if (alone || (SluiceError.is(error) && error.code === 'store_unavailable')) for (const { fail } of batch) fail(error)
      else for (const one of batch) await settle([one])
    }
  }

  /** Before they are written: they come after all that waits. Who has been counted on does not wait for the count made anew. */
  async function recount(submissions: Submission[]): Promise<void> {
    const now = performance.now()
    if (ends.size > MOST_REMEMBERED) ends.clear()
    const tenants = new Map(submissions.map(({ job }) => [job.tenantId, job]))
    for (const [tenantId, job] of tenants) {
      const ageMs = now - (ends.get(tenantId)?.countedAt ?? Number.NEGATIVE_INFINITY)
      if (ageMs > OUTDATED_AFTER_MS) await count(job)
      else if (ageMs > RECOUNT_AFTER_MS && !counting.has(tenantId)) void count(job).catch(() => ends.delete(tenantId))
    }
  }

  async function count(job: Job): Promise<void> {
    counting.add(job.tenantId)
    const countedAt = performance.now()
    try {
      ends.set(job.tenantId, { ahead: await store.jobs.ahead(job), countedAt })
    } finally {
      counting.delete(job.tenantId)
    }
  }

  function nextPlace({ tenantId }: Job): number {
    const end = ends.get(tenantId)
    return end === undefined ? 0 : end.ahead++
  }

  return (submission) =>
    new Promise((settle, fail) => {
      waiting.push({ submission, settle, fail })
      if (!writing) void write()
    })
}

/** Returns the keys that another job holds, by the job that asked. */
async function accept(tx: Repositories, submissions: Submission[]): Promise<Map<JobId, IdempotencyRecord>> {
  const taken = await takeKeys(tx, submissions)
  const fresh = submissions.filter(({ job }) => !taken.has(job.id))
  await tx.jobs.insert(fresh.map(({ job }) => ({ ...job, seq: 1 })))
  await tx.steps.insert(fresh.map(({ step }) => step))
  await tx.events.begin(fresh.map(({ job }) => ({ job, type: 'status', data: { state: 'queued', at: job.createdAt } })))
  return taken
}

/** In the order of the keys, so that two processes never wait for each other. */
async function takeKeys(tx: Repositories, submissions: Submission[]): Promise<Map<JobId, IdempotencyRecord>> {
  const asked = submissions.flatMap(({ idempotency }) => idempotency ?? []).sort((a, b) => (a.key < b.key ? -1 : 1))
  const standing = await Promise.all(
    asked.map(async ({ jobId, ...key }) => [jobId, await tx.idempotency.remember({ jobId, ...key })] as const),
  )
  return new Map(standing.filter(([jobId, record]) => record.jobId !== jobId))
}
