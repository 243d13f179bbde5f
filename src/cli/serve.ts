import { startApp } from '../compose/app.ts'
import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { LANES } from '../domain/step.ts'
import { untilStopped } from './until-stopped.ts'

/** `sluice serve`: prints the address once it listens, drains at the first signal. */
export async function serve(config: Config, { work, schedule }: { work: boolean; schedule: boolean }): Promise<void> {
  const stopped = untilStopped()
  await using app = await startApp(config, { api: true, lanes: work ? LANES : [], schedules: schedule }, createLogger(config.logLevel))
  process.stdout.write(
    `Sluice listens on ${app.url}\n  Studio  ${app.url}/\n  API     ${app.url}/v1/jobs   (${app.url}/openapi.json)\n  Data    ${config.dataFolder}\n`,
  )
  await stopped
  process.stdout.write('Finishing what is running; once more to stop at once.\n')
}
