import type { GenerateRequest } from '../domain/generate.ts'
import type { JobId, TakeId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { Plan, PlannedTake, TakeKey } from '../domain/plan.ts'
import type { RepairCause } from '../domain/repair.ts'
import { type Review, withoutHeld } from '../domain/review.ts'
import type { Lane } from '../domain/step.ts'
import { mastersOf, type Take } from '../domain/take.ts'
import type { JobTransaction } from '../ports/stages.ts'
import { providerOf, type StageDeps } from './deps.ts'

/**
 * The planned takes that nobody makes yet and whose needs are met. A voice that is held meets none: its clip is made to its
 * length, and it may be spoken again.
 */
export function orderable(plan: Plan, takes: Take[], reviews: readonly Review[]): PlannedTake[] {
  const alive = new Set(takes.filter(isAlive).map((take) => take.key))
  const voices = withoutHeld(takes, reviews).filter(({ role }) => role === 'speech')
  const there = [...takes.filter(({ role }) => role !== 'speech'), ...voices]
  const accepted = new Set(there.filter((take) => take.state.state === 'accepted').map((take) => take.key))
  return plan.takes.filter((planned) => !alive.has(planned.key) && planned.needs.every((need) => accepted.has(need)))
}

/** Counts against the job's takes per shot: a take that was lost before anyone saw it does not. */
export function spentTakes(takes: Take[], key: string): number {
  return takes.filter((take) => take.key === key && !('outcome' in take.state && take.state.outcome.class === 'lost')).length
}

/**
 * Orders whatever can be ordered now. Under the job's lock, so nothing is ordered twice.
 * @param causes what takes ordered now shall mend, by the part they are for
 * @param delayMs when the orders go out
 */
export async function orderTakes(
  deps: StageDeps,
  tx: JobTransaction,
  causes: ReadonlyMap<TakeKey, RepairCause> = new Map(),
  delayMs = 0,
): Promise<void> {
  const { job } = tx
  const { plan } = job
  if (!plan) return
  const takes = await tx.repositories.takes.ofJob(job.id)
  const reviews = await tx.repositories.reviews.ofJob(job.id)
  const orders = orderable(plan, takes, reviews).map((planned) => {
    const cause = causes.get(planned.key) ?? null
    return newTake(deps.ids.next('tak'), job, plan, planned, takes, cause, deps.clock.now())
  })
  const made = job.retryOf === null ? orders : await withLateResults(tx, job.retryOf, orders, takes)
  await tx.createTakes(made)
  for (const take of made) {
    const name = take.state.state === 'delivered' ? 'ingest' : 'generate'
    await tx.addSteps([{ name, takeId: take.id }], { ...laneFor(deps, take), delayMs })
  }
}

/**
 * First takes for which the job that is retried has a paid output that came too late: they begin where that one ended. A retry
 * that ended before it had takes has used nothing, so the one before it is asked.
 */
async function withLateResults(tx: JobTransaction, retried: JobId, orders: Take[], earlier: Take[]): Promise<Take[]> {
  const old = await tx.repositories.takes.ofJob(retried)
  const before = old.length === 0 ? (await tx.repositories.jobs.get(retried))?.retryOf : null
  if (before) return withLateResults(tx, before, orders, earlier)
  return orders.map((order) => {
    const found = old.find(({ key, state }) => key === order.key && state.state === 'cancelled' && state.late !== undefined)
    if (found?.state.state !== 'cancelled' || !found.state.late || earlier.some(({ key }) => key === order.key)) return order
    return { ...order, provider: found.provider, request: found.request, state: { state: 'delivered', ...found.state.late } }
  })
}

/** A resident provider's takes are asked for and fetched by the process it lives in. */
export function laneFor(deps: StageDeps, take: Take): { lane?: Lane } {
  return providerOf(deps, take.provider).capabilities.volatile ? { lane: 'resident' } : {}
}

/** Whether another provider may be asked for this part: one is left on its list, and no take of it has cost anything. */
export function hasOtherRoute(plan: Plan, takes: Take[], key: string): boolean {
  const planned = plan.takes.find((one) => one.key === key)
  return planned !== undefined && routeIndex(planned, takes) <= (planned.instead?.length ?? 0)
}

/**
 * How many of the part's providers are done with it: those that could not make it and charged nothing for it, and those left for
 * another one because of a finding.
 */
function routeIndex(planned: PlannedTake, takes: Take[]): number {
  const given = takes.filter(({ key, state }) => {
    if (key !== planned.key || state.state !== 'failed' || state.outcome.charged !== 'no') return false
    return state.outcome.class !== 'lost' && state.outcome.class !== 'cancelled'
  })
  const left = takes.filter(({ key, cause }) => key === planned.key && cause?.action === 'other_provider').length
  return new Set(given.map(({ provider, request }) => `${provider}/${'model' in request ? request.model : ''}`)).size + left
}

type RoutedOrder = Pick<PlannedTake, 'provider' | 'request'>

/** The provider whose turn it is, with the order as it takes it. */
export function routeOf(planned: PlannedTake, takes: Take[]): RoutedOrder {
  const routes = routesOf(planned)
  return routes[Math.min(routeIndex(planned, takes), routes.length - 1)] ?? planned
}

/** The provider after the one whose turn it is, if one is left. */
export function nextRouteOf(planned: PlannedTake, takes: Take[]): RoutedOrder | undefined {
  return routesOf(planned)[routeIndex(planned, takes) + 1]
}

const routesOf = (planned: PlannedTake): RoutedOrder[] => [planned, ...(planned.instead ?? [])]

function isAlive(take: Take): boolean {
  return take.state.state !== 'failed' && take.state.state !== 'rejected' && take.state.state !== 'cancelled'
}

function newTake(id: TakeId, job: Job, plan: Plan, planned: PlannedTake, takes: Take[], cause: RepairCause | null, createdAt: Date): Take {
  const earlier = takes.filter((take) => take.key === planned.key)
  const number = earlier.length + 1
  const route = (cause?.action === 'other_provider' && nextRouteOf(planned, takes)) || routeOf(planned, takes)
  const gently = [...earlier.map((take) => take.cause), cause].some((one) => one?.action === 'soften')
  const request = reseed(fit(route.request, plan, planned, takes), spentTakes(takes, planned.key))
  return {
    id,
    jobId: job.id,
    key: planned.key,
    role: planned.role,
    shot: planned.shot,
    number,
    provider: route.provider,
    request: gently ? softened(request) : request,
    rank: planned.rank,
    state: { state: 'planned' },
    cause,
    createdAt,
  }
}

/** A clip lasts as long as its narration, its lead and tail, in whole frames. */
function fit(request: GenerateRequest, plan: Plan, planned: PlannedTake, takes: Take[]): GenerateRequest {
  if (request.kind !== 'video' || planned.shot === null) return request
  const shot = plan.shots[planned.shot]
  const speech = takes.find((take) => take.role === 'speech' && take.shot === planned.shot && take.state.state === 'accepted')
  const spoken = speech && mastersOf(speech).find((master) => master.role === 'media')?.durationSeconds
  if (!shot || !spoken) return { ...request, durationSeconds: Math.round(request.durationSeconds * request.fps) / request.fps }
  const frames = Math.ceil((shot.leadSeconds + spoken + shot.tailSeconds) * request.fps)
  return { ...request, durationSeconds: frames / request.fps }
}

/** A further attempt after a fault gets a new seed; the same seed would give the same fault. */
function reseed(request: GenerateRequest, attempts: number): GenerateRequest {
  return attempts === 0 ? request : { ...request, seed: (request.seed + attempts * 7919) % 2_147_483_647 }
}

/** What is asked for beside the prompt where its outcome was not for everybody. */
const GENTLY = 'Suitable for every audience: no violence, no nudity, nobody who exists.'

/** A prompt, asking for less. What is spoken is the script, and stays as it is. */
export function softened(request: GenerateRequest): GenerateRequest {
  return 'prompt' in request ? { ...request, prompt: `${request.prompt}\n${GENTLY}` } : request
}
