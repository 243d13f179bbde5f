import { join } from 'node:path'
import { SluiceError } from '../domain/errors.ts'
import { createScratch } from '../drivers/objects/fs/scratch.ts'
import { findOrphans, type Orphans } from '../engine/orphans.ts'
import { type SweepDeps, type Swept, sweepOverdue } from '../engine/sweep.ts'
import type { Logger } from '../ports/logger.ts'
import type { Config } from './config.ts'
import { startDatabaseClock } from './database-clock.ts'
import { strangerIn } from './installation.ts'
import { openObjects } from './open-objects.ts'
import { openStoreBeside } from './open-store-beside.ts'

/** Assets at once; a server that runs sweeps by itself. */
const MOST = 10_000

export interface RetentionReport {
  /** Assets of which something is kept no longer, and has not been removed yet. */
  overdue: number
  /** Objects of which no row knows. */
  orphans: Orphans[]
}

/** What is to be removed, also beside a running server. `sweep` removes it. */
export async function openRetention(config: Config, log: Logger, stack: AsyncDisposableStack) {
  const store = await openStoreBeside(config, log, stack)
  const clock = await startDatabaseClock(store, log)
  stack.defer(() => clock.stop())
  const scratch = await createScratch({ folder: join(config.dataFolder, 'scratch') })
  const objects = await openObjects(config, scratch, log, stack)
  const deps: SweepDeps = { store, objects, clock, log }

  return {
    async look(): Promise<RetentionReport> {
      const overdue = await store.assets.overdue(clock.now(), MOST)
      const orphans: Orphans[] = []
      let known = 0
      for await (const found of findOrphans(deps)) {
        if (found.known) known++
        if (found.objects.length > 0) orphans.push(found)
      }
      if (orphans.length > 0) {
        const owner = await strangerIn(objects, store)
        if (owner !== null) throw anotherInstallation(owner)
        if (known === 0) throw anotherDatabase(orphans.length)
      }
      return { overdue: overdue.length, orphans }
    },

    async sweep({ orphans }: RetentionReport, signal: AbortSignal): Promise<Swept> {
      let removedBytes = 0
      const left = orphans.flatMap((found) => found.objects)
      for (const { key, sizeBytes } of left) {
        signal.throwIfAborted()
        await objects.remove(key)
        removedBytes += sizeBytes
      }
      const swept = await sweepOverdue(deps, MOST, signal)
      return { ...swept, removedObjects: swept.removedObjects + left.length, removedBytes: swept.removedBytes + removedBytes }
    },
  }
}

/** What this database does not know may be all that the other one has. */
function anotherInstallation(owner: string): SluiceError {
  return new SluiceError(
    'config_invalid',
    `The bucket has files of which this database does not know, and it belongs to another one (${owner}).`,
    {
      fix: 'Check that DATABASE_URL, SLUICE_S3_BUCKET and SLUICE_S3_PREFIX belong together. If this database shall take it over, remove the object `sluice-installation` first.',
      facts: { owner },
    },
  )
}

/** Then the files are those of a database that is not this one, and nobody wants them removed. */
function anotherDatabase(jobs: number): SluiceError {
  return new SluiceError('config_invalid', `There are files of ${jobs} jobs, and the database knows none of them.`, {
    fix: 'Check that DATABASE_URL and SLUICE_DATA, or SLUICE_S3_BUCKET, belong together.',
  })
}
