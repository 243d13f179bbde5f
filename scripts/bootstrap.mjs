// Makes a fresh clone ready for a task, then runs the task under the project's own Node.
//
//   node scripts/bootstrap.mjs <task> [arguments of the task]
//
// Plain JavaScript for Node 20: it runs before anything is installed. What is already there costs a few file
// reads, so every npm script goes through here. Only the task writes to stdout; what is installed is said on stderr.
import { fileURLToPath } from 'node:url'
import { ensureLambdaRuntime } from './setup/lambda-runtime.mjs'
import { withSetupLock } from './setup/lock.mjs'
import { ensureNode } from './setup/node.mjs'
import { ensurePackages } from './setup/packages.mjs'
import { ensurePrograms } from './setup/programs.mjs'
import { SetupError, say } from './setup/report.mjs'
import { runTask } from './setup/run-task.mjs'
import { ensureStudio } from './setup/studio.mjs'
import { tasks } from './setup/tasks.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

async function main() {
  const [name = '', ...rest] = process.argv.slice(2)
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined
  if (task === undefined) throw new SetupError(`There is no task '${name}'.`, `Choose one of: ${Object.keys(tasks).join(', ')}.`)
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new SetupError(`Node ${process.versions.node} is too old.`, 'Install Node 20 or newer and try again.')
  }

  const { node, environment } = await withSetupLock(root, async () => {
    ensurePackages(root)
    const node = ensureNode(root)
    const environment = { ...ensurePrograms(task.programs), ...(task.lambdaRuntime && ensureLambdaRuntime(node)) }
    if (task.studio) ensureStudio(root, node)
    return { node, environment }
  })
  process.exitCode = await runTask(root, node, [...task.command, ...rest], environment)
}

main().catch((error) => {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  if (error.fix !== '') process.stderr.write(`\n    ${error.fix}\n\n`)
  process.exitCode = 1
})
