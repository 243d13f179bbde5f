import { createPrometheusMetrics } from '../drivers/metrics/prometheus/metrics.ts'
import { startPresence } from '../engine/presence.ts'
import { startScheduling } from '../engine/scheduling.ts'
import type { Logger } from '../ports/logger.ts'
import type { Config } from './config.ts'
import { startDatabaseClock } from './database-clock.ts'
import { engineConfig } from './engine-config.ts'
import { ids } from './ids.ts'
import { serveMetrics } from './listen.ts'
import { openBus } from './open-bus.ts'
import { openQueue } from './open-queue.ts'
import { openStore } from './open-store.ts'
import { thisProcess } from './this-process.ts'

export interface SchedulerApp extends AsyncDisposable {
  /** Where its metrics are; `null` without SLUICE_METRICS_PORT. */
  metricsUrl: string | null
}

/** A process that only admits steps, or stands by for that. It needs the database and the queue, no FFmpeg and no files. */
export async function startSchedulerApp(config: Config, log: Logger): Promise<SchedulerApp> {
  await using stack = new AsyncDisposableStack()
  const metrics = createPrometheusMetrics({ log })
  const { store, pool } = await openStore(config, log, stack)
  const clock = await startDatabaseClock(store, log)
  stack.defer(() => clock.stop())
  const queue = openQueue(config, pool, log)
  stack.defer(() => queue.close())
  // One that cannot send would keep the lease from those that can.
  await queue.depth('io')
  const bus = openBus(config, pool, log)
  stack.defer(() => bus.close())

  const id = ids.next('prc')
  const { host, pid, version, isRunning } = thisProcess
  const startedAt = clock.now()
  const scheduling = startScheduling({ store, queue, bus, clock, log, metrics, config: engineConfig(config) }, { id, host, isRunning })
  const presence = await startPresence({ store, log }, () => ({
    id,
    host,
    pid,
    version,
    api: false,
    scheduling: scheduling.role(),
    slots: {},
    running: {},
    startedAt,
  }))
  stack.defer(() => presence.stop())
  stack.defer(() => scheduling.stop())
  const metricsUrl = await serveMetrics(config, metrics, stack)
  const owned = stack.move()
  return { metricsUrl: metricsUrl && `${metricsUrl}/metrics`, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
