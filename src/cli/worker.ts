import { startApp } from '../compose/app.ts'
import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import type { Lane } from '../domain/step.ts'
import { assertShared } from './shared-database.ts'
import { untilStopped } from './until-stopped.ts'

/** `sluice worker`: runs steps of a shared database until told to stop. */
export async function work(config: Config, { lanes, schedule }: { lanes: Lane[]; schedule: boolean }): Promise<void> {
  assertShared(config, 'A worker')
  const stopped = untilStopped()
  await using app = await startApp(config, { api: false, lanes, schedules: schedule }, createLogger(config.logLevel))
  process.stdout.write(`Sluice worker runs ${lanes.join(' and ')} steps\n${app.metricsUrl === null ? '' : `  Metrics ${app.metricsUrl}\n`}`)
  await stopped
  process.stdout.write('Finishing what is running; once more to stop at once.\n')
}
