import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
/** No command of a test takes longer; one that hangs is killed and fails. */
const LIMIT_MS = 90_000

export interface Ended {
  exitCode: number | null
  stdout: string
  stderr: string
  seconds: number
}

export interface RunOptions {
  /** Added to the environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
}

/** A command that runs, in a process group of its own, as a shell starts it. */
export interface Running {
  /** Resolves once standard output matches; rejects when the command ends before. */
  says(pattern: RegExp): Promise<void>
  /** To the whole group, as a terminal sends Ctrl-C. */
  interrupt(): void
  ended: Promise<Ended>
}

/** Starts `sluice ...` from the sources. */
export function startSluice(args: string[], { env = {}, cwd }: RunOptions = {}): Running {
  const begun = performance.now()
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, SLUICE_LOG: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(cwd !== undefined && { cwd }),
  })
  const group = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal)
  }
  const limit = setTimeout(() => group('SIGKILL'), LIMIT_MS)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(([exitCode]): Ended => {
    clearTimeout(limit)
    return { exitCode: exitCode as number | null, stdout, stderr, seconds: (performance.now() - begun) / 1000 }
  })
  return {
    ended,
    interrupt: () => group('SIGINT'),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(stdout) && resolve()
        child.stdout.on('data', look)
        void ended.then(() => reject(new Error(`the command ended without saying ${pattern}:\n${stdout}${stderr}`)))
        look()
      }),
  }
}

/** Runs `sluice ...` to its end. */
export const sluice = (args: string[], options?: RunOptions): Promise<Ended> => startSluice(args, options).ended

/** The command refused, with exit code 1, in words and nothing else: what is wrong, and below it what to do. */
export function expectRefusal({ exitCode, stdout, stderr }: Ended, wrong: RegExp, fix: RegExp): void {
  const all = `${stdout}${stderr}`
  expect(exitCode, all).toBe(1)
  const lines = stderr.trimEnd().split('\n')
  const first = lines.findIndex((line) => line.startsWith('sluice: '))
  expect(first, all).toBeGreaterThanOrEqual(0)
  const words = lines.slice(first)
  expect(words.length, all).toBeGreaterThanOrEqual(2)
  expect(words.slice(0, -1).join('\n')).toMatch(wrong)
  expect(words.at(-1)).toMatch(fix)
  // Before it at most what the log of a server says of its start.
  for (const line of lines.slice(0, first)) expect(JSON.parse(line)).toMatchObject({ level: 30 })
  expect(all).not.toMatch(/^\s+at /m)
}
