import type { Logger } from '../ports/logger.ts'
import type { Objects } from '../ports/objects.ts'
import type { Store } from '../ports/store.ts'

/** Whose the objects are, if not this database's; `null`: its own. They become its own where nobody has said so before. */
export async function strangerIn(objects: Pick<Objects, 'claim'>, store: Pick<Store, 'installation'>): Promise<string | null> {
  const own = await store.installation()
  const owner = (await objects.claim?.(own)) ?? own
  return owner === own ? null : owner
}

/** Nothing goes wrong as long as nobody sweeps what is left behind, and that is refused. */
export async function warnOfStrangers(objects: Pick<Objects, 'claim'>, store: Pick<Store, 'installation'>, log: Logger): Promise<void> {
  const owner = await strangerIn(objects, store)
  if (owner === null) return
  log.warn(
    { owner },
    'the bucket belongs to another database: give each its own SLUICE_S3_PREFIX; what is left behind there is not looked for. If this one shall take it over, remove the object sluice-installation',
  )
}
