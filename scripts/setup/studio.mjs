import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError, say } from './report.mjs'

const BUILD_TIMEOUT_MS = 5 * 60_000

/** What the Studio is built from, besides the lock file: its own folder and the browser side of the library. */
const SOURCES = ['apps/studio', 'src/client', 'src/player', 'src/elements', 'src/wire', 'src/domain', 'package-lock.json']

/**
 * Builds the Studio when the build is missing or older than a source.
 *
 * @param {string} root
 * @param {string} node
 */
export function ensureStudio(root, node) {
  const builtAt = modifiedAt(join(root, 'apps/studio/dist/index.html'))
  if (builtAt > Math.max(...SOURCES.map((path) => newest(join(root, path))))) return
  say('building the Studio')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const done = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'apps/studio'),
    stdio: ['ignore', 2, 2],
    timeout: BUILD_TIMEOUT_MS,
  })
  if (done.status !== 0) throw new SetupError('The Studio could not be built; the reason stands above.')
}

/**
 * Time of the newest file at or under `path`, in milliseconds; 0 when there is none.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 0
  if (!stats.isDirectory()) return stats.mtimeMs
  const names = readdirSync(path).filter((name) => name !== 'node_modules' && name !== 'dist')
  return Math.max(0, ...names.map((name) => newest(join(path, name))))
}

/** @param {string} path */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
