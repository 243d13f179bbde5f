import type { DeadLetter } from '../domain/dead-letter.ts'
import type { JobId, TenantId } from '../domain/ids.ts'
import { usd } from '../domain/money.ts'
import { heldNotice } from '../domain/review.ts'
import type { WebhookEndpoint } from '../domain/webhook.ts'
import type { OrderInDoubt, Store, StuckStep } from '../ports/store.ts'
import { jobTitle } from '../realtime/job-view.ts'
import type { DeadLetterView, OperationsView, StuckView } from '../wire/operations.ts'
import type { Context } from './context.ts'

/** As the alert SluiceQueueTooOld. */
const LATE_MS = 5 * 60_000
/** Of each kind of stuck work. */
const MOST_STUCK = 20
const MOST_COUNTED = 1_000

/** What of the tenant's waits for a person, and its limits. */
export async function readOwnOperations(
  context: Context,
  tenantId: TenantId,
): Promise<Pick<OperationsView, 'limits' | 'stuck' | 'deadLetters'>> {
  const { store } = context
  const [limits, stuck, deadLetters] = await Promise.all([
    readLimits(context, tenantId),
    readStuck(store, tenantId),
    store.deadLetters.countOpen(tenantId, MOST_COUNTED),
  ])
  return { limits, stuck, deadLetters }
}

async function readLimits({ store, jobLimits }: Context, tenantId: TenantId): Promise<OperationsView['limits']> {
  const { tenantJobsAtOnce, tenantWaitingJobs: mostWaiting, tenantJobsPerMinute: perMinute } = jobLimits
  const [budget, [share], running, waiting] = await Promise.all([
    store.ledger.budget(tenantId),
    store.tenants.shares([tenantId]),
    store.tenants.runningJobsOf([tenantId], MOST_COUNTED),
    store.steps.entriesOf(tenantId, mostWaiting),
  ])
  return {
    budget,
    jobs: {
      running: running.get(tenantId) ?? 0,
      atOnce: share?.jobsAtOnce ?? tenantJobsAtOnce,
      waiting: waiting.count,
      mostWaiting,
      perMinute,
      nextSeconds: waiting.nextSeconds,
      weight: share?.weight ?? 1,
    },
  }
}

async function readStuck(store: Store, tenantId: TenantId): Promise<StuckView[]> {
  const [lost, late, orders, reviews, webhooks] = await Promise.all([
    store.stuck.lostSteps(tenantId, MOST_STUCK),
    store.stuck.lateSteps(tenantId, LATE_MS, MOST_STUCK),
    store.stuck.ordersInDoubt(tenantId, MOST_STUCK),
    store.reviews.list(tenantId, { states: ['open'], limit: MOST_STUCK }),
    store.webhooks.list(tenantId),
  ])
  const titles = await titlesOf(store, [...lost, ...late, ...orders, ...reviews])
  const ofJob = (jobId: JobId) => ({ jobId, title: titles.get(jobId) ?? '' })
  return [
    ...lost.map(
      (step): StuckView => ({
        kind: 'lost',
        ...ofJob(step.jobId),
        stepId: step.stepId,
        since: step.createdAt.toISOString(),
        detail: lostDetail(step),
      }),
    ),
    ...late.map(
      (step): StuckView => ({
        kind: 'late',
        ...ofJob(step.jobId),
        stepId: step.stepId,
        since: step.dueAt.toISOString(),
        detail: lateDetail(step),
      }),
    ),
    ...orders.map(
      (order): StuckView => ({
        kind: 'order',
        ...ofJob(order.jobId),
        takeId: order.takeId,
        since: order.orderedAt.toISOString(),
        detail: orderDetail(order),
      }),
    ),
    ...reviews.reverse().map(
      (review): StuckView => ({
        kind: 'review',
        ...ofJob(review.jobId),
        reviewId: review.id,
        since: review.createdAt.toISOString(),
        detail: heldNotice([review]),
      }),
    ),
    ...webhooks.flatMap((webhook) => stuckWebhook(webhook) ?? []),
  ]
}

const lostDetail = ({ step, lost }: StuckStep): string => `Its step "${step}" was lost with its worker ${lost} times in a row.`
const lateDetail = ({ step, reason }: StuckStep): string =>
  `Its step "${step}" is due, and no worker has taken it${reason === null ? '' : `; it was waiting: ${reason}`}.`
const orderDetail = ({ provider, atStakeMicroUsd }: OrderInDoubt): string =>
  `It is not known whether ${provider} took an order of ${usd(atStakeMicroUsd)}.`

function stuckWebhook({ id: webhookId, url, state, failingSince }: WebhookEndpoint): StuckView | null {
  if (state.state === 'disabled') {
    if (state.reason === 'request') return null
    const detail =
      state.reason === 'gone'
        ? 'It answered 410 (Gone), so it was disabled.'
        : 'Nothing had got through for three days, so it was disabled.'
    return { kind: 'webhook', webhookId, url, since: state.at.toISOString(), detail }
  }
  if (failingSince === null) return null
  return { kind: 'webhook', webhookId, url, since: failingSince.toISOString(), detail: 'Nothing has got through since; it is tried again.' }
}

/** Dead letters in their wire form, in the order given. */
export async function readDeadLetters(store: Store, letters: DeadLetter[]): Promise<DeadLetterView[]> {
  const titles = await titlesOf(store, letters)
  return letters.map((letter) => deadLetterView(letter, titles.get(letter.jobId) ?? ''))
}

export async function readDeadLetter(store: Store, letter: DeadLetter): Promise<DeadLetterView> {
  const job = await store.jobs.get(letter.jobId)
  return deadLetterView(letter, job ? jobTitle(job) : '')
}

function deadLetterView({ id, jobId, about, error, state, at }: DeadLetter, title: string): DeadLetterView {
  return {
    id,
    kind: about.kind,
    jobId,
    title,
    name: about.kind === 'step' ? about.step : about.kind === 'delivery' ? about.type : null,
    webhookId: about.kind === 'delivery' ? about.webhookId : null,
    error: { code: error.code ?? null, detail: error.detail, fix: error.fix ?? null },
    state: state.state,
    retriedAs: state.state === 'retried' ? state.jobId : null,
    at: at.toISOString(),
    closedAt: state.state === 'open' ? null : state.at.toISOString(),
  }
}

async function titlesOf(store: Store, ofJobs: { jobId: JobId }[]): Promise<Map<JobId, string>> {
  const ids = [...new Set(ofJobs.map(({ jobId }) => jobId))]
  const jobs = await Promise.all(ids.map((id) => store.jobs.get(id)))
  return new Map(jobs.flatMap((job) => (job ? [[job.id, jobTitle(job)] as const] : [])))
}
