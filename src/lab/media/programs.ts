import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

const TIMEOUT_MS = 120_000

/** FFmpeg, as many at once as there are processors: a hundred orders at once are made one after the other. */
export interface Programs {
  /** What it has printed. Throws when it fails. */
  run(args: string[]): Promise<string>
  /** Ends what runs and begins nothing more. */
  close(): Promise<void>
}

export function createPrograms(path: string): Programs {
  const running = new Set<ChildProcess>()
  const waiting: (() => void)[] = []
  let free = availableParallelism()
  let closed = false

  async function turn(): Promise<void> {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }

  function done(): void {
    const next = waiting.shift()
    if (next) next()
    else free++
  }

  return {
    async run(args) {
      await turn()
      try {
        if (closed) throw new Error('the lab is closing')
        return await output(path, args, running)
      } finally {
        done()
      }
    },
    async close() {
      closed = true
      await Promise.all([...running].map((child) => new Promise((resolve) => child.once('close', resolve).kill('SIGKILL'))))
    },
  }
}

function output(path: string, args: string[], running: Set<ChildProcess>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
    running.add(child)
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8')
      })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      running.delete(child)
      if (code === 0) resolve(printed)
      else reject(new Error(`${path} ended with ${code ?? signal}: ${printed.slice(-500)}`))
    })
  })
}
