import type { TenantId } from '../domain/ids.ts'
import type { Lane } from '../domain/step.ts'
import { type Claimant, NO_TURNS, takeTurns } from '../domain/turns.ts'
import type { HintedStep, QueueName, Store, TenantShare, WaitingStep } from '../ports/store.ts'
import type { EngineConfig } from './deps.ts'

/** No tenant can be given more of a queue in one look. */
const MOST_OF_EACH = 256
/** How long the shares of tenants are believed. */
const SHARES_KNOWN_MS = 2_000

interface AdmissionDeps {
  store: Pick<Store, 'steps' | 'turns' | 'tenants'>
  config: Pick<EngineConfig, 'hintAgainMs' | 'jobsAtOnce' | 'tenantJobsAtOnce'>
}

/** Jobs let in that have not begun yet wait in the lane, or were taken from it by a slot; there are fewer slots than the lane holds. */
const IN_AND_BEYOND = 2

/** How many messages a lane takes at the moment. */
export interface Room {
  free: number
  /** With nothing in it. */
  most: number
}

export interface Admission {
  /** The steps whose turn it is, in order, marked as told to the queue; and whether others had to be left. */
  next(rooms: ReadonlyMap<Lane, Room>): Promise<{ given: HintedStep[]; left: boolean }>
}

/**
 * Decides whose turn it is: tenants take turns in each lane, and in beginning jobs. What may begin is bounded too by how many jobs
 * the house, and each tenant, may have in the making at once. Where there is room for all that is due nobody waits for a turn, and one
 * statement gives it all. How far the turns have come is kept in the store, so that another scheduler goes on there and places in the
 * queue can be told.
 */
export async function createAdmission({ store, config }: AdmissionDeps): Promise<Admission> {
  const turns = await store.turns.all()
  /** Jobs in the making as last counted, with what may have been let in since: counted anew only when that comes to the limit. */
  let atMostRunning = Number.POSITIVE_INFINITY
  let shares = new Map<TenantId, TenantShare>()
  let sharesAt = Number.NEGATIVE_INFINITY

  /** Of tenants whose share was set. */
  async function readShares(): Promise<Map<TenantId, TenantShare>> {
    if (performance.now() - sharesAt > SHARES_KNOWN_MS) {
      shares = new Map((await store.tenants.setShares()).map((share) => [share.tenantId, share]))
      sharesAt = performance.now()
    }
    return shares
  }

  /**
   * Whether so many jobs may begin without a look at each limit.
   * @param onTheWay of those let in, so many may not have begun yet
   */
  async function mayAllBegin(wanted: number, onTheWay: number): Promise<boolean> {
    const { jobsAtOnce, tenantJobsAtOnce } = config
    if (tenantJobsAtOnce !== null || [...(await readShares()).values()].some((share) => share.jobsAtOnce !== null)) return false
    if (jobsAtOnce === null || atMostRunning + wanted <= jobsAtOnce) return true
    atMostRunning = (await store.tenants.runningJobs(jobsAtOnce)) + onTheWay
    return atMostRunning + wanted <= jobsAtOnce
  }

  async function placesToBegin(entries: readonly WaitingStep[], room: number): Promise<number> {
    if (config.jobsAtOnce === null) return room
    const running = await store.tenants.runningJobs(config.jobsAtOnce)
    return Math.max(0, Math.min(room, config.jobsAtOnce - running - onTheWay(entries)))
  }

  async function claimantsOf(waiting: readonly WaitingStep[], queue: QueueName): Promise<Claimant<WaitingStep>[]> {
    const byTenant = Map.groupBy(waiting, ({ tenantId }) => tenantId)
    const known = await readShares()
    const limitOf = (id: TenantId): number | null => (queue === 'entry' ? (known.get(id)?.jobsAtOnce ?? config.tenantJobsAtOnce) : null)
    const limited = [...byTenant.keys()].filter((id) => limitOf(id) !== null)
    const running =
      limited.length > 0 ? await store.tenants.runningJobsOf(limited, Math.max(...limited.map((id) => limitOf(id) ?? 0))) : null
    return [...byTenant].map(([tenantId, steps]) => {
      const limit = limitOf(tenantId)
      return {
        tenantId,
        weight: known.get(tenantId)?.weight ?? 1,
        atMost: limit === null ? steps.length : Math.max(0, limit - (running?.get(tenantId) ?? 0) - onTheWay(steps)),
        waiting: steps.filter(({ hinted }) => !hinted),
      }
    })
  }

  /** Of a queue in which more waits than there is room for. */
  async function giveTurns(
    queue: QueueName,
    steps: readonly WaitingStep[],
    room: number,
  ): Promise<{ given: WaitingStep[]; left: boolean }> {
    const round = takeTurns(await claimantsOf(steps, queue), turns.get(queue) ?? NO_TURNS, room)
    turns.set(queue, round.turns)
    return { given: round.given, left: round.given.length + onTheWay(steps) < steps.length }
  }

  return {
    async next(rooms) {
      const open = new Map<QueueName, number>([...rooms].flatMap(([lane, { free }]) => (free > 0 ? [[lane, free]] : [])))
      let left = open.size < rooms.size
      if (open.size === 0) return { given: [], left }
      const toBegin = open.get('io') ?? 0
      const calm = toBegin > 0 && (await mayAllBegin(toBegin, IN_AND_BEYOND * (rooms.get('io')?.most ?? 0)))
      const { hinted: given, contested } = await store.steps.hintAll(
        calm ? new Map([...open, ['entry', toBegin]]) : open,
        config.hintAgainMs,
      )
      if (toBegin > 0 && !calm) contested.push('entry')
      // Where it was looked and nobody waits for a turn any more, nobody keeps what is left of one.
      const asked: QueueName[] = toBegin > 0 ? [...open.keys(), 'entry'] : [...open.keys()]
      const over = asked.filter((queue) => !contested.includes(queue) && (turns.get(queue) ?? NO_TURNS) !== NO_TURNS)
      for (const queue of over) turns.set(queue, NO_TURNS)
      if (over.length > 0 && contested.length === 0) await store.turns.save(turns)
      if (contested.length > 0) {
        const waiting = Map.groupBy(await store.steps.waiting(contested, MOST_OF_EACH), ({ queue }) => queue)
        const chosen: WaitingStep[] = []
        for (const [queue, steps] of waiting) {
          const room = queue === 'entry' ? await placesToBegin(steps, toBegin) : (open.get(queue) ?? 0)
          const round = await giveTurns(queue, steps, room)
          chosen.push(...round.given)
          left ||= round.left
        }
        const ids = chosen.map(({ id }) => id)
        const [told] = await Promise.all([store.steps.hint(ids, config.hintAgainMs), store.turns.save(turns)])
        const byId = new Map(told.map((step) => [step.id, step]))
        given.push(...ids.flatMap((id) => byId.get(id) ?? []))
      }
      // Each may begin a job.
      atMostRunning += given.filter(({ lane }) => lane === 'io').length
      return { given, left }
    },
  }
}

function onTheWay(steps: readonly WaitingStep[]): number {
  return steps.reduce((count, { hinted }) => count + Number(hinted), 0)
}
