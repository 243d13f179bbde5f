import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mountSmall } from '../../helpers/small-file-system.ts'
import type { Machine } from './enclosure.ts'
import { createMember, type Member } from './member.ts'

const API_PORTS = [8_801, 8_802]
const SCHEDULERS = 2
/** Enough for the work folders of a few small jobs. */
const DISK_SIZE = '96m'

export interface Worker extends Member {
  machine: Machine
  /** Writes its disk full, and makes room again. */
  fillDisk(): void
  emptyDisk(): void
}

export interface Fleet {
  apis: Member[]
  workers: Worker[]
  schedulers: Member[]
  all: Member[]
  /** Of the APIs. */
  addresses: string[]
  /** Of an API; each call names the next one. */
  address(): string
  /** Kills what still runs, and takes the disks away. */
  dispose(): Promise<void>
}

export interface FleetOptions {
  /** One for each worker. */
  machines: Machine[]
  /** The same settings for every process. */
  env: Record<string, string>
  /** Where data folders and logs are kept. */
  folder: string
}

/**
 * 2 APIs, 2 schedulers, and a worker for each machine, none started yet. Each has a data folder of its own; a worker's is a small disk.
 * Without a bucket the files of all are in one folder beside them.
 */
export async function createFleet({ machines, env, folder }: FleetOptions): Promise<Fleet> {
  const files = join(folder, 'files')
  const logs = join(folder, 'logs')
  for (const path of [files, logs]) mkdirSync(path, { recursive: true })

  const options = (name: string, settings: Record<string, string> = {}) => {
    const data = join(folder, name)
    mkdirSync(data, { recursive: true })
    return { name, prefix: [] as string[], env: { ...env, ...settings, SLUICE_DATA: data }, logPath: join(logs, `${name}.log`) }
  }
  const share = (name: string) => env['SLUICE_S3_BUCKET'] === undefined && symlinkSync(files, join(folder, name, 'files'))

  const apis = API_PORTS.map((port, index) => {
    const given = options(`api-${index + 1}`, { SLUICE_PORT: String(port) })
    share(given.name)
    return createMember({ ...given, role: 'api', args: ['serve', '--no-work'] })
  })
  const schedulers = Array.from({ length: SCHEDULERS }, (_, index) =>
    createMember({ ...options(`scheduler-${index + 1}`), role: 'scheduler', args: ['scheduler'] }),
  )
  const workers: Worker[] = []
  const unmounts: (() => void)[] = []
  for (const [index, machine] of machines.entries()) {
    const given = options(`worker-${index + 1}`)
    const disk = join(folder, given.name)
    const mounted = await mountSmall(disk, DISK_SIZE)
    if ('reason' in mounted) throw new Error(mounted.reason)
    unmounts.push(mounted.unmount)
    share(given.name)
    const member = createMember({ ...given, prefix: machine.prefix, role: 'worker', args: ['worker'] })
    const filler = join(disk, 'filler')
    workers.push(Object.assign(member, { machine, fillDisk: () => fill(filler), emptyDisk: () => rmSync(filler, { force: true }) }))
  }
  const addresses = API_PORTS.map((port) => `http://127.0.0.1:${port}`)
  let asked = 0
  const all = [...apis, ...workers, ...schedulers]
  return {
    apis,
    workers,
    schedulers,
    all,
    addresses,
    address: () => addresses[asked++ % addresses.length] as string,
    async dispose() {
      await Promise.all(all.map((member) => member.kill()))
      for (const unmount of unmounts) unmount()
    },
  }
}

/** Writes until there is no room. */
function fill(path: string): void {
  const piece = Buffer.alloc(1024 * 1024)
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, piece)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    closeSync(file)
  }
}
