import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { onPath } from './find.mjs'
import { installByManager, lineToType } from './package-manager.mjs'
import { npm } from './packages.mjs'
import { say } from './report.mjs'

/** Of `aws-lambda-ric`; the image of the function (deploy/lambda/Dockerfile) has the same. */
const VERSION = '4.0.2'
const TITLE = 'the runtime of AWS Lambda'
const COMPILE_TIMEOUT_MS = 20 * 60_000
/** It is C++ with a curl of its own. */
const COMPILERS = { apt: ['autoconf', 'automake', 'libtool', 'cmake', 'g++', 'make', 'python3'] }
const WITHOUT = 'The function in Lambda is not tested.'

/**
 * AWS's own runtime interface client, for the tests of the function. It compiles for minutes, so it is no dependency of the project:
 * it is installed once on a machine, in the cache folder of the user, and found there by every checkout.
 *
 * @param {string} node program that is to run it
 * @returns {Record<string, string>} environment that tells the tests where it is; nothing when it cannot be had
 */
export function ensureLambdaRuntime(node) {
  const folder = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'sluice',
    `aws-lambda-ric-${VERSION}-${process.platform}-${process.arch}`,
  )
  const program = join(folder, 'node_modules/aws-lambda-ric/index.mjs')
  const failure = existsSync(program) ? undefined : install(folder, node)
  if (failure === undefined) return { SLUICE_TEST_LAMBDA_RIC: program }
  say(`without ${TITLE}: ${failure}. ${WITHOUT} To have it: ${lineToType(COMPILERS)}`)
  return {}
}

/**
 * @param {string} folder
 * @param {string} node
 * @returns {string | undefined} why it could not be done
 */
function install(folder, node) {
  if (process.platform !== 'linux') return 'it runs on Linux only'
  if (COMPILERS.apt.some((name) => onPath([name === 'libtool' ? 'libtoolize' : name]) === undefined)) {
    const failure = installByManager(`what compiles ${TITLE}`, COMPILERS)
    if (failure !== undefined) return failure
  }
  say(`installing ${TITLE} (aws-lambda-ric ${VERSION}), which compiles for a few minutes`)
  mkdirSync(dirname(folder), { recursive: true })
  // An install that is cut short leaves nothing under the name that is looked for.
  const draft = mkdtempSync(`${folder}.`)
  try {
    writeFileSync(join(draft, 'package.json'), '{ "private": true }')
    const { command, prefix } = npm()
    const options = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts=false', '--foreground-scripts=false']
    const done = spawnSync(command, [...prefix, 'install', '--save-exact', ...options, `aws-lambda-ric@${VERSION}`], {
      cwd: draft,
      stdio: ['ignore', 2, 2],
      timeout: COMPILE_TIMEOUT_MS,
      // Compiled for the Node that runs it.
      env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
    })
    if (done.status !== 0) return `npm ended with ${done.status ?? done.signal}, see above`
    if (existsSync(folder)) return undefined
    renameSync(draft, folder)
    return undefined
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
