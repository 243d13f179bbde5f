import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const DAY_MS = 24 * 3_600_000

/**
 * A new folder for this process below `root`, named `<host>.<pid>.<random>`. What dead processes of this machine left is
 * removed; what another machine left cannot be asked about and goes after a day.
 */
export function openFolder(root: string): string {
  mkdirSync(root, { recursive: true })
  const host = hostname().replace(/[^\w-]/g, '-')
  for (const name of readdirSync(root)) {
    const path = join(root, name)
    const [owner, pid] = name.split('.')
    const dead = owner === host ? !alive(Number(pid)) : Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > DAY_MS
    if (dead) rmSync(path, { recursive: true, force: true })
  }
  const folder = join(root, `${host}.${process.pid}.${randomBytes(6).toString('hex')}`)
  mkdirSync(folder)
  return folder
}

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
