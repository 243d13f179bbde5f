import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Server {
  url: string
  pid: number
  /** SIGKILL; with `database`, its PostgreSQL as well. Resolves once the process is gone. */
  kill(options: { database: boolean }): Promise<void>
  /** SIGTERM and a drain. Resolves at once when it has ended already. */
  stop(): Promise<void>
  /** The last lines of its log, JSON each; at `SLUICE_LOG=warn` there are none while all is well. */
  log(): string
}

const START_WITHIN_MS = 60_000
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

/** A real `sluice serve` on a free port, in a process group of its own. */
export async function startServer(dataFolder: string, env: Record<string, string> = {}, flags: string[] = []): Promise<Server> {
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', ...flags], {
    env: { ...process.env, SLUICE_DATA: dataFolder, SLUICE_LOG: 'warn', SLUICE_LEASE_MS: '4000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => {
    errors.push(chunk.toString())
    if (errors.length > 50) errors.shift()
  })
  const url = await address(child, errors)
  let ending = false
  child.once('exit', (code, name) => {
    if (!ending) process.stderr.write(`the server ended by itself (${name ?? code}):\n${errors.join('')}\n`)
  })
  return {
    url,
    pid: child.pid ?? 0,
    async kill({ database }) {
      ending = true
      const gone = once(child, 'exit')
      const postmaster = database ? await postmasterOf(dataFolder) : null
      if (child.exitCode === null && child.signalCode === null) {
        signal(child, 'SIGKILL')
        await gone
      }
      if (postmaster) killIfThere(postmaster)
    },
    log: () => errors.join(''),
    async stop() {
      ending = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** The group is killed as one, FFmpeg with it, as a machine's power does. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return
  process.kill(-child.pid, name)
}

async function address(child: ChildProcess & { stdout: NodeJS.ReadableStream }, errors: string[]): Promise<string> {
  const lines = createInterface({ input: child.stdout })
  const timeout = setTimeout(() => child.kill('SIGKILL'), START_WITHIN_MS)
  try {
    for await (const line of lines) {
      const url = /listens on (http:\S+)/.exec(line)?.[1]
      if (url) return url
    }
  } finally {
    clearTimeout(timeout)
    child.stdout.resume()
  }
  throw new Error(`the server did not start:\n${errors.join('')}`)
}

async function postmasterOf(dataFolder: string): Promise<number | null> {
  for (const place of ['postgres/data/postmaster.pid', 'postgres/postmaster.pid']) {
    const text = await readFile(join(dataFolder, place), 'utf8').catch(() => null)
    if (text) return Number(text.split('\n')[0])
  }
  return null
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
