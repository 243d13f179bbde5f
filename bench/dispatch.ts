import { setTimeout as sleep } from 'node:timers/promises'
import { ids } from '../src/compose/ids.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import type { StepHandler } from '../src/ports/stages.ts'
import { log, openPool } from './database.ts'
import { bell, benchProvider, dutiesOf, openEngine } from './engine.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'

const JOBS = 400
const PER_SECOND = 50

/** From the commit that makes a step due to its handler's first line, at 50 steps a second, against a bare NOTIFY. */
export async function benchDispatch(): Promise<Figure> {
  const { pool, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const tenant = await store.tenants.ensure('default', ids.next('ten'))
  const started = new Map<string, number>()
  const analyse: StepHandler = async (run) => {
    started.set(run.job.id, performance.now())
    return { then: 'done', write: async (tx) => tx.end('failed', { class: 'internal', detail: 'measured', retry: 'never', charged: 'no' }) }
  }
  const { engine, close } = openEngine(pool, benchProvider({}), () => ({ analyse }))
  await engine.start(dutiesOf(['io', 'cpu', 'resident']))
  const admitted = new Map<string, number>()
  for (let i = 0; i < JOBS; i++) {
    const { job } = await engine.submit(tenant, bell)
    admitted.set(job.id, performance.now())
    await sleep(1000 / PER_SECOND)
  }
  while (started.size < JOBS) await sleep(5)
  const latencies = [...admitted].slice(JOBS / 10).map(([id, at]) => Math.max(0, (started.get(id) ?? Number.NaN) - at))
  await close()
  const bare = await bareNotify(pool)
  await stop()
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)]
  return {
    name: 'step due → handler starts',
    measured: `p50 ${ms(p50)}, p99 ${ms(p99)}`,
    target: 'p50 ≤ 5 ms, p99 ≤ 25 ms',
    met: p50 <= 5 && p99 <= 25,
    against: `bare NOTIFY: p50 ${ms(quantile(bare, 0.5))}, p99 ${ms(quantile(bare, 0.99))} (${ratio(p50, quantile(bare, 0.5))})`,
  }
}

async function bareNotify(pool: import('pg').Pool): Promise<number[]> {
  const listener = await pool.connect()
  await listener.query('listen bench')
  const latencies: number[] = []
  for (let i = 0; i < JOBS; i++) {
    const heard = new Promise<void>((resolve) => listener.once('notification', () => resolve()))
    const at = performance.now()
    await pool.query('notify bench')
    await heard
    latencies.push(performance.now() - at)
    await sleep(1000 / PER_SECOND / 4)
  }
  await listener.query('unlisten bench')
  listener.release()
  return latencies
}
