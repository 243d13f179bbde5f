import { startApp } from '../compose/app.ts'
import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { SluiceError } from '../domain/errors.ts'
import type { Lane } from '../domain/step.ts'
import { untilStopped } from './until-stopped.ts'

/** `sluice worker`: runs steps of a shared database until told to stop. */
export async function work(config: Config, lanes: Lane[]): Promise<void> {
  if (!config.databaseUrl) {
    throw new SluiceError('config_invalid', 'A worker of its own needs a database that several processes can reach.', {
      field: 'DATABASE_URL',
      fix: 'Set DATABASE_URL here and for `sluice serve --no-work`. With the embedded database `sluice serve` runs every step itself.',
    })
  }
  const stopped = untilStopped()
  await using app = await startApp(config, { api: false, lanes }, createLogger(config.logLevel))
  process.stdout.write(`Sluice worker runs ${lanes.join(' and ')} steps\n${app.metricsUrl === null ? '' : `  Metrics ${app.metricsUrl}\n`}`)
  await stopped
  process.stdout.write('Finishing what is running; once more to stop at once.\n')
}
