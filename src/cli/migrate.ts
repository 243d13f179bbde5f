import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { openStore } from '../compose/open-store.ts'

/** `sluice migrate`: brings the schema of the database up to date, as every start does, and says which migrations that took. */
export async function migrate(config: Config): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { schema } = await openStore(config, createLogger(config.logLevel), stack)
  const lines = schema.ran.map(({ version, name }) => `${String(version).padStart(4)}  ${name}`)
  const ran = lines.length === 0 ? 'nothing to do' : lines.length === 1 ? '1 migration ran' : `${lines.length} migrations ran`
  process.stdout.write(`${[...lines, `The schema has version ${schema.version}: ${ran}.`].join('\n')}\n`)
}
