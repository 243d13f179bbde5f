import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { SetupError, say } from './report.mjs'

const INSTALL_TIMEOUT_MS = 15 * 60_000

/**
 * Runs `npm install --no-save` when what is installed is not what the lock file asks for.
 *
 * Not `npm ci`: that one refuses a lock file which does not name the optional packages of every other platform, and
 * whether it does depends on the registry the lock file was written against. What `npm ci` would assure is checked
 * here instead: afterwards every package has the version of the lock file, and the lock file is as it was.
 *
 * @param {string} root
 */
export function ensurePackages(root) {
  const missing = firstMissingPackage(root)
  if (missing === undefined) return
  say(`installing packages (${missing})`)
  const { command, prefix } = npm()
  const done = spawnSync(command, [...prefix, 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    timeout: INSTALL_TIMEOUT_MS,
    shell: process.platform === 'win32',
  })
  if (done.status !== 0) throw new SetupError('The packages could not be installed; npm says why above.', 'npm install --no-save')
  const still = firstMissingPackage(root)
  if (still !== undefined) throw new SetupError(`npm ended well, yet ${still}.`, 'rm -rf node_modules && npm install --no-save')
}

/**
 * npm writes `node_modules/.package-lock.json` last, so an install cut short has none; a version that differs from
 * the lock file's means that the lock file has moved on. Optional packages belong to other platforms and may be absent.
 *
 * @param {string} root
 * @returns {string | undefined} what is wrong, in words
 */
export function firstMissingPackage(root) {
  const installedPath = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedPath)) return 'this folder has none yet'
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link || entry.optional || entry.devOptional || entry.peer) continue
    const found = installed[path]?.version
    if (found !== entry.version)
      return `${path.replace(/^.*node_modules\//, '')} ${entry.version} is ${found === undefined ? 'missing' : `at ${found}`}`
  }
  return undefined
}

/** The npm that called us, else the one on PATH. @returns {{ command: string, prefix: string[] }} */
export function npm() {
  const cli = process.env.npm_execpath
  if (cli !== undefined && basename(cli) === 'npm-cli.js') return { command: process.execPath, prefix: [cli] }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', prefix: [] }
}
