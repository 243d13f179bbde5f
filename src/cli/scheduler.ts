import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { startSchedulerApp } from '../compose/scheduler.ts'
import { assertShared } from './shared-database.ts'
import { untilStopped } from './until-stopped.ts'

/** `sluice scheduler`: admits steps, or stands by, until told to stop. */
export async function schedule(config: Config): Promise<void> {
  assertShared(config, 'A scheduler')
  const stopped = untilStopped()
  await using app = await startSchedulerApp(config, createLogger(config.logLevel))
  process.stdout.write(`Sluice scheduler\n${app.metricsUrl === null ? '' : `  Metrics ${app.metricsUrl}\n`}`)
  await stopped
}
