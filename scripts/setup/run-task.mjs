import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const LOOK_AT_PARENT_MS = 500

/**
 * Runs the task in place of this process, as far as a child can: same terminal, same exit code, signals passed on.
 * Ctrl-C in a terminal reaches the child directly, as a member of the foreground group, so it is passed on only where
 * there is no terminal.
 *
 * npm runs a script in a shell and passes SIGTERM to that shell, which dies of it and tells nobody. So the end of our
 * parent counts as the signal.
 *
 * @param {string} root
 * @param {string} node
 * @param {string[]} command
 * @param {Record<string, string>} environment
 * @returns {Promise<number>} exit code
 */
export function runTask(root, node, command, environment) {
  const path = [dirname(node), join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter)
  const child = spawn(node, command, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment, PATH: path } })
  const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
  process.on('SIGTERM', passOn)
  process.on('SIGHUP', passOn)
  process.on('SIGINT', process.stdin.isTTY ? () => {} : passOn)
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, LOOK_AT_PARENT_MS)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => clearInterval(watch))
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}
