import type { Config } from '../compose/config.ts'
import { ids } from '../compose/ids.ts'
import { createLogger } from '../compose/logger.ts'
import { openStoreBeside } from '../compose/open-store-beside.ts'
import { createApiKey } from '../delivery/auth.ts'

/** `sluice keys create`: the key is printed this once; the store keeps its hash. */
export async function createKey(config: Config, name: string, tenant: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const key = await createApiKey(store, ids, tenant, name)
  process.stdout.write(`${key}\n`)
  process.stderr.write('Keep it now: it is not shown again. Send it as `Authorization: Bearer <key>`.\n')
}
