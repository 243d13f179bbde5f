import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type pg from 'pg'
import type { Logger } from '../../../ports/logger.ts'
import { findBinaries } from './binaries.ts'
import { ensureCluster } from './cluster.ts'
import { lockFolder } from './folder-lock.ts'
import { chooseIdentity } from './identity.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { connectionBy, runServer } from './server.ts'

export interface EmbeddedPostgres {
  /** For `createPool`. The database is named `sluice`. */
  connection: pg.PoolConfig
  /** Of the server, e.g. `18.4`. */
  version: string
  /** Whether the server was running already, left by a process that was killed. */
  adopted: boolean
  /** Ends the server and gives the data folder free. Close the pool before. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Made if missing. The cluster, its log and its socket lie in `postgres/` below it. */
  dataFolder: string
  log?: Logger
  /** Calls off a start. */
  signal?: AbortSignal
}

/**
 * A real PostgreSQL, ours alone, that comes with `npm install` and is reached by a unix socket only.
 * Throws `data_folder_in_use` when another living process has the folder, `store_unavailable` when it cannot run here.
 */
export async function createEmbeddedPostgres({ dataFolder, log, signal }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries()
  const root = resolve(dataFolder)
  const lock = lockFolder(root)
  try {
    const folder = join(root, 'postgres')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const identity = chooseIdentity(folder, dirname(binaries.postgres))
    const data = await ensureCluster(folder, binaries, identity, log, signal)
    const server = await runServer({ folder, data, postgres: binaries.postgres, identity, ...(log && { log }), ...(signal && { signal }) })
    const { connection, version, adopted } = server
    log?.info({ version, adopted }, 'the embedded database is up')
    return {
      connection,
      version,
      adopted,
      async stop() {
        await server.stop()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * How to reach the database that another process runs in this data folder, by what its server has written down: whether it
 * answers, a connection tells. Nothing is started or locked. `undefined`: none is up.
 */
export function connectionToRunning(dataFolder: string): pg.PoolConfig | undefined {
  const socketFolder = readPostmasterFile(join(resolve(dataFolder), 'postgres', 'data'))?.socketFolder
  return socketFolder ? connectionBy(socketFolder) : undefined
}
