import { createHash } from 'node:crypto'
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { say } from './report.mjs'

const RETRY_MS = 250
/** No set-up takes this long; an older lock is a dead owner's whose pid lives on in another process. */
const LONGEST_SETUP_MS = 60 * 60_000

/**
 * Lets one set-up at a time run on a folder: `npm start` and `npm run demo` in two terminals of a fresh clone must
 * not install over each other. The lock holds the owner's pid; one left by a dead owner is taken over.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} setUp
 * @returns {Promise<T>}
 */
export async function withSetupLock(root, setUp) {
  const path = join(tmpdir(), `sluice-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`)
  let told = false
  while (!take(path)) {
    if (!told) say('waiting for another set-up of this folder')
    told = true
    await pause(RETRY_MS)
  }
  try {
    return await setUp()
  } finally {
    rmSync(path, { force: true })
  }
}

/** @param {string} path */
function take(path) {
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    // Linking fails when the lock exists, and shows it to others only with its content.
    linkSync(mine, path)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    if (!ownerLives(path)) rmSync(path, { force: true })
    return false
  } finally {
    rmSync(mine, { force: true })
  }
}

/** @param {string} path */
function ownerLives(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs > LONGEST_SETUP_MS) return false
    return process.kill(Number(readFileSync(path, 'utf8')), 0)
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
