import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts')
/** As a supervisor does it: soon, and again and again. */
const START_AGAIN_MS = 500
/** A process that has not ended by then after SIGTERM is killed, as systemd does. */
const STOP_WITHIN_MS = 40_000

export type Role = 'api' | 'worker' | 'scheduler'

export interface MemberOptions {
  name: string
  role: Role
  /** Of `sluice`. */
  args: string[]
  /** Begins the command line, e.g. to run on another machine. */
  prefix: string[]
  env: Record<string, string>
  /** What it prints is added to this file. */
  logPath: string
}

/** One process of the fleet, and who watches over it: one that ends by itself is started again. */
export interface Member {
  readonly name: string
  readonly role: Role
  /** How often it ended without having been told to. */
  readonly endedByItself: number
  start(): void
  /** SIGKILL; with `alone` to the process only, else also to what it has started, as a machine's power does. Resolves once it is gone. */
  kill(options?: { alone: boolean }): Promise<void>
  /** SIGTERM and a drain. Resolves with what is wrong, if anything is. */
  stop(): Promise<string | null>
  freeze(): void
  goOn(): void
}

export function createMember({ name, role, args, prefix, env, logPath }: MemberOptions): Member {
  const log = createWriteStream(logPath, { flags: 'a' })
  let child: ChildProcess | null = null
  let wanted = false
  let endedByItself = 0

  function start(): void {
    wanted = true
    const [command = '', ...rest] = [...prefix, process.execPath, main, ...args]
    const started = spawn(command, rest, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    child = started
    started.stdout.pipe(log, { end: false })
    started.stderr.pipe(log, { end: false })
    started.once('exit', (code, signal) => {
      if (child !== started || !wanted) return
      endedByItself++
      log.write(`-- ended by itself: ${signal ?? code}\n`)
      child = null
      setTimeout(() => wanted && child === null && start(), START_AGAIN_MS)
    })
  }

  /** The child that is to end, no longer watched over. */
  function letGo(): ChildProcess | null {
    wanted = false
    const ending = child
    child = null
    return ending && ending.exitCode === null && ending.signalCode === null ? ending : null
  }

  return {
    name,
    role,
    get endedByItself() {
      return endedByItself
    },
    start,

    async kill({ alone } = { alone: false }) {
      const ending = letGo()
      if (!ending?.pid) return
      const gone = once(ending, 'exit')
      process.kill(alone ? ending.pid : -ending.pid, 'SIGKILL')
      await gone
      log.write('-- killed\n')
    },

    async stop() {
      const ending = letGo()
      if (!ending) return null
      const gone = once(ending, 'exit')
      ending.kill('SIGTERM')
      const inTime = await Promise.race([gone.then(() => true), sleep(STOP_WITHIN_MS, false, { ref: false })])
      if (!inTime && ending.pid) process.kill(-ending.pid, 'SIGKILL')
      await gone
      log.write(`-- stopped: ${ending.signalCode ?? ending.exitCode}\n`)
      return inTime ? null : `${name} had not ended ${STOP_WITHIN_MS / 1000} s after SIGTERM`
    },

    freeze: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
  }
}
