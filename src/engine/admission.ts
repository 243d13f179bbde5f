import type { TenantId } from '../domain/ids.ts'
import type { Lane } from '../domain/step.ts'
import { type Claimant, NO_TURNS, type Turns, takeTurns } from '../domain/turns.ts'
import type { QueueName, WaitingStep } from '../ports/store.ts'
import type { EngineDeps } from './deps.ts'

/** No tenant can be given more of a queue in one look. */
const MOST_OF_EACH = 256

type AdmissionDeps = Pick<EngineDeps, 'store' | 'config'>

export interface Admission {
  /** The steps whose turn it is, in order, and whether others had to be left. */
  next(rooms: ReadonlyMap<Lane, number>): Promise<{ given: WaitingStep[]; left: boolean }>
}

/**
 * Decides whose turn it is: tenants take turns in each lane, and in beginning jobs. What may begin is bounded too by how many jobs
 * the house, and each tenant, may have in the making at once. How far the turns have come is kept in the store, so that another
 * scheduler goes on there and positions in the queue can be told.
 */
export async function createAdmission({ store, config }: AdmissionDeps): Promise<Admission> {
  const turns = await store.turns.all()

  async function claimantsOf(waiting: readonly WaitingStep[], queue: QueueName): Promise<Claimant<WaitingStep>[]> {
    const byTenant = Map.groupBy(waiting, ({ tenantId }) => tenantId)
    const tenants = [...byTenant.keys()]
    // Alone it gets everything, whatever its share.
    const contested = tenants.length > 1 || queue === 'entry'
    const shares = new Map(contested ? (await store.tenants.shares(tenants)).map((share) => [share.tenantId, share]) : [])
    const limits = new Map(tenants.map((id) => [id, shares.get(id)?.jobsAtOnce ?? config.tenantJobsAtOnce]))
    const limited = queue === 'entry' ? tenants.filter((id) => limits.get(id) != null) : []
    const running =
      limited.length > 0 ? await store.tenants.runningJobsOf(limited, Math.max(...limited.map((id) => limits.get(id) ?? 0))) : null
    const atMost = (id: TenantId, steps: WaitingStep[]): number => {
      const limit = limits.get(id) ?? null
      return queue !== 'entry' || limit === null ? steps.length : Math.max(0, limit - (running?.get(id) ?? 0) - onTheWay(steps))
    }
    return [...byTenant].map(([tenantId, steps]) => ({
      tenantId,
      weight: shares.get(tenantId)?.weight ?? 1,
      atMost: atMost(tenantId, steps),
      waiting: steps.filter(({ hinted }) => !hinted),
    }))
  }

  async function placesToBegin(entries: readonly WaitingStep[], room: number): Promise<number> {
    if (config.jobsAtOnce === null || entries.length === 0) return room
    const running = await store.tenants.runningJobs(config.jobsAtOnce)
    return Math.max(0, Math.min(room, config.jobsAtOnce - running - onTheWay(entries)))
  }

  return {
    async next(rooms) {
      const open = [...rooms].filter(([, room]) => room > 0).map(([lane]) => lane)
      const queues: QueueName[] = open.includes('io') ? ['entry', ...open] : open
      const waiting = Map.groupBy(await store.steps.waiting(queues, MOST_OF_EACH), ({ queue }) => queue)
      const given: WaitingStep[] = []
      const changed = new Map<QueueName, Turns>()
      let left = open.length < rooms.size
      for (const [queue, steps] of waiting) {
        const room = queue === 'entry' ? await placesToBegin(steps, rooms.get('io') ?? 0) : (rooms.get(queue) ?? 0)
        const before = turns.get(queue) ?? NO_TURNS
        const round = takeTurns(await claimantsOf(steps, queue), before, room)
        given.push(...round.given)
        left ||= round.given.length + onTheWay(steps) < steps.length
        turns.set(queue, round.turns)
        // While all that comes is given, there is nothing to tell others.
        if (isContested(before) || isContested(round.turns)) changed.set(queue, round.turns)
      }
      await store.turns.save(changed)
      return { given, left }
    },
  }
}

function isContested({ creditSeconds }: Turns): boolean {
  return Object.keys(creditSeconds).length > 0
}

function onTheWay(steps: readonly WaitingStep[]): number {
  return steps.reduce((count, { hinted }) => count + Number(hinted), 0)
}
