import type { Config } from '../compose/config.ts'
import { SluiceError } from '../domain/errors.ts'

/** Throws `config_invalid` for a process of a fleet that would be alone with its database. */
export function assertShared({ databaseUrl }: Pick<Config, 'databaseUrl'>, who: string): void {
  if (databaseUrl) return
  throw new SluiceError('config_invalid', `${who} of its own needs a database that several processes can reach.`, {
    field: 'DATABASE_URL',
    fix: 'Set DATABASE_URL here and for `sluice serve --no-work`. With the embedded database `sluice serve` does everything itself.',
  })
}
