import { existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Helpers of Linux found on this machine; `null` where absent. */
export interface SandboxTools {
  /** util-linux: resource limits. */
  prlimit: string | null
  /** util-linux: the child dies with us, even when we are killed. */
  setpriv: string | null
  /** bubblewrap: no network, no files but those named. */
  bwrap: string | null
}

/** Upper bounds for one run. */
export interface Limits {
  cpuSeconds: number
  /** Address space, thread stacks and reserved arenas included. */
  addressBytes: number
  /** Of any one file it writes. */
  fileBytes: number
  openFiles: number
}

export const defaultLimits: Limits = { cpuSeconds: 1_800, addressBytes: 8 * 2 ** 30, fileBytes: 8 * 2 ** 30, openFiles: 256 }

/** What a run may touch, in absolute paths. */
export interface Reach {
  program: string
  reads: readonly string[]
  /** Folders. */
  writes: readonly string[]
}

/** The command line that runs `program args` inside what this machine offers. Pure. */
export function sandboxed(tools: SandboxTools, limits: Limits, reach: Reach, args: readonly string[]): string[] {
  return [
    ...(tools.setpriv ? [tools.setpriv, '--pdeathsig', 'KILL'] : []),
    ...(tools.bwrap ? [tools.bwrap, ...jail(reach)] : []),
    ...(tools.prlimit ? [tools.prlimit, ...rlimits(limits), '--'] : []),
    reach.program,
    ...args,
  ]
}

function rlimits({ cpuSeconds, addressBytes, fileBytes, openFiles }: Limits): string[] {
  return [`--cpu=${cpuSeconds}`, `--as=${addressBytes}`, `--fsize=${fileBytes}`, `--nofile=${openFiles}`, '--core=0']
}

/** System folders a dynamically linked program needs; /etc/alternatives is where Debian links libblas. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib64', '/etc/alternatives', '/etc/ld.so.cache', '/opt/homebrew', '/nix/store']

function jail({ program, reads, writes }: Reach): string[] {
  const system = SYSTEM.filter((path) => existsSync(path))
  const seen = [...system, dirname(program)].flatMap((path) => ['--ro-bind', path, path])
  return [
    '--unshare-all',
    '--die-with-parent',
    '--new-session',
    ...seen,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    ...writes.flatMap((folder) => ['--bind', folder, folder]),
    ...reads.flatMap((path) => ['--ro-bind', path, path]),
    '--',
  ]
}
