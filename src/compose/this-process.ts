import { hostname } from 'node:os'
import { version } from './package-files.ts'

/** How this process is named among the others of the house, and which of them on this host are there. */
export const thisProcess = { host: hostname(), pid: process.pid, version, isRunning }

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
