import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const module = new URL('./run-task.mjs', import.meta.url).href

/** The task's program text, run by `runTask` in a shell as npm has it. */
function start(task: string): ChildProcess {
  const script = `
    import { runTask } from ${JSON.stringify(module)}
    process.exitCode = await runTask(process.cwd(), process.execPath, ['-e', process.argv[1]], { SAID: 'yes' })`
  // With something after it the shell cannot become the program, as some shells would.
  return spawn('sh', ['-c', '"$0" --input-type=module -e "$1" "$2"; exit $?', process.execPath, script, task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function output(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) text += String(chunk)
  return text
}

test('passes on output, environment and exit code', async () => {
  const child = start(
    'console.log(process.env.SAID, process.env.PATH.split(":")[0] === require("path").dirname(process.execPath)); process.exitCode = 7',
  )
  const ended = once(child, 'exit')
  expect(await output(child)).toBe('yes true\n')
  expect(await ended).toEqual([7, null])
})

test('a task ends when the shell around it was told to, as npm does it', async () => {
  const child = start(
    "process.on('SIGTERM', () => { console.log('told to end'); process.exit() }); setInterval(() => {}, 1e6); console.log('up')",
  )
  const said: string[] = []
  child.stdout?.on('data', (chunk) => said.push(String(chunk)))
  await expect.poll(() => said.join('')).toContain('up\n')
  child.kill('SIGTERM')
  await expect.poll(() => said.join(''), { timeout: 10_000 }).toContain('told to end\n')
})
