import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** What a running server writes into `postmaster.pid` of its data directory. */
export interface Postmaster {
  pid: number
  /** Folder of its unix socket. */
  socketFolder: string
}

/** The server of this data directory, if the file names one that is really alive. */
export function livingPostmaster(dataDirectory: string): Postmaster | undefined {
  const postmaster = readPostmasterFile(dataDirectory)
  return postmaster && isPostgresOn(postmaster.pid, dataDirectory) ? postmaster : undefined
}

/** Lines: pid, data directory, start time, port, socket folder, listen address, shared memory, status. */
export function readPostmasterFile(dataDirectory: string): Postmaster | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const pid = Number(lines[0])
  return Number.isInteger(pid) && pid > 1 ? { pid, socketFolder: lines[4] ?? '' } : undefined
}

/**
 * Whether the process is a PostgreSQL at work in this data directory: not a zombie, and not some other program that was
 * given the process id of a dead one.
 */
export function isPostgresOn(pid: number, dataDirectory: string): boolean {
  return process.platform === 'linux' ? isPostgresOnLinux(pid, dataDirectory) : isPostgresByPs(pid, dataDirectory)
}

function isPostgresOnLinux(pid: number, dataDirectory: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // pid (comm) state ...; the name may hold brackets itself.
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
    if (state === 'Z' || state === 'X' || !stat.includes('(postgres)')) return false
    // A server's working directory is its data directory.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory)
  } catch {
    return false
  }
}

function isPostgresByPs(pid: number, dataDirectory: string): boolean {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,command=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim()
    return !line.startsWith('Z') && line.includes('postgres') && line.includes(dataDirectory)
  } catch {
    return false
  }
}
