import { setTimeout as sleep } from 'node:timers/promises'
import { ids } from '../src/compose/ids.ts'
import { QUANTUM_SECONDS } from '../src/domain/turns.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import type { StepHandler } from '../src/ports/stages.ts'
import { log, openPool } from './database.ts'
import { bell, benchProvider, dutiesOf, openEngine } from './engine.ts'
import type { Delay } from './fairness-svg.ts'
import { type Figure, ratio, seconds } from './figures.ts'

const SLOTS = 8
const JOB_MS = 20
/** What the crowd has waiting before the other tenant's first job. */
const CROWD = 10_000
const PROBE_EVERY_MS = 1_000
/** Of `engine/scheduler.ts`: messages of `io` that have had their turn. */
const WINDOW = 4 * SLOTS

/**
 * How long a tenant's single job waits while ten thousand of another wait: from its acceptance to its first line, again and again until
 * they are done, beside what the same would take first come, first served.
 */
export async function benchFairness(): Promise<{ figure: Figure; delays: Delay[]; bound: number }> {
  const { pool, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const [crowd, one] = [await store.tenants.ensure('crowd', ids.next('ten')), await store.tenants.ensure('one', ids.next('ten'))]
  const begun = new Map<string, { at: number; crowdLeft: number }>()
  let crowdLeft = CROWD
  const analyse: StepHandler = async ({ job }) => {
    if (job.tenantId === crowd) crowdLeft--
    else begun.set(job.id, { at: performance.now(), crowdLeft })
    await sleep(JOB_MS)
    return { then: 'done', write: (tx) => tx.end('failed', { class: 'internal', detail: 'measured', retry: 'never', charged: 'no' }) }
  }
  const slots = { io: SLOTS, cpu: 1, resident: 1 }
  const { engine, close } = openEngine(pool, benchProvider({}), () => ({ analyse }), { slots })
  for (let i = 0; i < CROWD; i += 100) await Promise.all(Array.from({ length: 100 }, () => engine.submit(crowd, bell)))
  const costSeconds = (await engine.quote(bell)).eta.p50Seconds
  await engine.start(dutiesOf(['io', 'cpu', 'resident']))
  const startedAt = performance.now()
  const delays: Delay[] = []
  while (crowdLeft > 0) {
    const { job } = await engine.submit(one, bell)
    const accepted = { at: performance.now(), crowdLeft }
    let first = begun.get(job.id)
    for (; !first; first = begun.get(job.id)) await sleep(1)
    // It may begin before its acceptance has been heard of here.
    const before = Math.max(0, accepted.crowdLeft - first.crowdLeft)
    delays.push({ waiting: accepted.crowdLeft, before, seconds: Math.max(0, first.at - accepted.at) / 1_000 })
    await sleep(PROBE_EVERY_MS)
  }
  const perSecond = CROWD / ((performance.now() - startedAt) / 1_000)
  await close()
  await stop()
  // What had had its turn, as much again if a look was under way, and one turn of the other.
  const bound = 2 * WINDOW + Math.ceil(QUANTUM_SECONDS / costSeconds) + 1
  const worst = Math.max(...delays.map(({ before }) => before))
  const slowest = Math.max(...delays.map((delay) => delay.seconds))
  const inLine = CROWD / perSecond
  return {
    delays,
    bound,
    figure: {
      name: `a tenant's single job while ${CROWD.toLocaleString('en')} of another wait`,
      measured: `begins after ${worst} of the others at most, in ${seconds(slowest)} (${delays.length} tries)`,
      target: `≤ its stated bound, ${bound}`,
      met: worst <= bound,
      against: `first come, first served: ${CROWD.toLocaleString('en')}, ${seconds(inLine)} (${ratio(slowest, inLine)})`,
    },
  }
}
