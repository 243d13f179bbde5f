import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError, say } from './report.mjs'

/** The oldest Node that runs the sources: type stripping without a flag and without a warning. */
const OLDEST_MAJOR = 24
const INSTALL_TIMEOUT_MS = 10 * 60_000
const PROBE_TIMEOUT_MS = 20_000

/**
 * The Node that runs the tasks: the one of the `node` package, whatever the machine has; else the machine's own
 * when it is new enough.
 *
 * The `node` package fetches its binary in an install script. Where install scripts are switched off the binary is
 * missing after `npm ci`, so the same script is run from here.
 *
 * @param {string} root
 * @returns {string} path of the program
 */
export function ensureNode(root) {
  const folder = join(root, 'node_modules/node')
  const program = join(folder, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node')
  if (works(program, root)) return program
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_MAJOR) return process.execPath

  const version = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  say(`installing Node ${version} for this folder (this machine has ${process.versions.node})`)
  spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: ['ignore', 2, 2], timeout: INSTALL_TIMEOUT_MS })
  if (works(program, root)) return program
  throw new SetupError(
    `Node ${version} could not be installed for ${process.platform}-${process.arch}, and Node ${process.versions.node} is too old to run the sources.`,
    `Install Node ${OLDEST_MAJOR} or newer from https://nodejs.org and try again.`,
  )
}

/**
 * Whether the program starts here. It is asked once and the answer kept beside it: a binary for another libc is a
 * file like any other until it is run.
 *
 * @param {string} program
 * @param {string} root
 */
function works(program, root) {
  if (!existsSync(program)) return false
  const { size, mtimeMs } = statSync(program)
  const marker = join(root, 'node_modules/.node-works')
  const identity = `${process.platform}-${process.arch} ${size} ${mtimeMs}`
  if (existsSync(marker) && readFileSync(marker, 'utf8') === identity) return true
  const answer = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: PROBE_TIMEOUT_MS })
  if (answer.status !== 0 || Number.parseInt(answer.stdout.slice(1), 10) < OLDEST_MAJOR) return false
  writeFileSync(marker, identity)
  return true
}
