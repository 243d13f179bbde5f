import { createHash, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

/**
 * Names of unfinished files say who is at work on them: `<host>.<pid>.<process>.<random>`, where `process` is drawn
 * anew by each process. So several processes may share a folder, and what a killed one left is recognised, also when
 * its pid was given to another (in a container every main process is pid 1).
 */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
const PROCESS = randomBytes(6).toString('hex')
const OWNER = `${HOST}.${process.pid}.${PROCESS}`

/** For files of a machine that is not here to be asked. No write and no job takes this long. */
const FOREIGN_LIFE_MS = 24 * 60 * 60 * 1000

export function ownedName(): string {
  return `${OWNER}.${randomBytes(8).toString('hex')}`
}

/** Whether nobody works on this file any more. Names of another form are nobody's. */
export function isAbandoned(name: string, modifiedAt: Date): boolean {
  const [, host, pid, owner] = /^([0-9a-f]{8})\.(\d+)\.([0-9a-f]{12})\./.exec(name) ?? []
  if (host === undefined || pid === undefined) return true
  if (Date.now() - modifiedAt.getTime() > FOREIGN_LIFE_MS) return true
  if (host !== HOST) return false
  return Number(pid) === process.pid ? owner !== PROCESS : !lives(Number(pid))
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
