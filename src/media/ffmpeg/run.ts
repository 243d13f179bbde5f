import { type ChildProcess, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { SluiceError } from '../../domain/errors.ts'
import type { ProblemCode } from '../../domain/problems.ts'
import type { Logger } from '../../ports/logger.ts'
import { type Input, inputArgs } from './inputs.ts'
import { findOnPath, missing } from './locate.ts'
import { defaultLimits, type Limits, type SandboxTools, sandboxed } from './sandbox.ts'

/** One run of FFmpeg (or ffprobe). */
export interface ToolOrder {
  tool?: 'ffmpeg' | 'ffprobe'
  /** What the run is for, in a word or two: its name in a trace. */
  purpose?: string
  /** Absolute paths. Each becomes a guarded `-i`; `args` never hold one. */
  inputs: readonly Input[]
  /** What follows the inputs: filters, maps, codecs, outputs. Outputs are `file:/absolute/path`, `pipe:1` or `pipe:3` and up. */
  args: readonly string[]
  /** Folders it may write to under bubblewrap. Default none. */
  writableFolders?: readonly string[]
  signal: AbortSignal
  /** Wall time, in milliseconds. The process group is killed after it. */
  timeoutMs: number
  limits?: Partial<Limits>
  /** `info` where a filter reports there. Default `error`. */
  logLevel?: 'error' | 'info'
  /** How many streams `pipe:3`, `pipe:4`, ... it writes. Default 0. */
  pipes?: number
  /** Called while it encodes, with the output's time in seconds. */
  progress?: (seconds: number) => void
  /** What a failure means: `media_unreadable` when the input is to blame (default), `media_tool_failed` when it is ours. */
  blame?: 'input' | 'tool'
}

/** A running process. All its streams must be read, or it waits. */
export interface ToolProcess {
  readonly pid: number | undefined
  /** `null` without a `stdin` input. Errors of it are told by `done`. */
  readonly stdin: Writable | null
  readonly stdout: Readable
  /** `pipe:3` and up, in order. */
  readonly pipes: readonly Readable[]
  /** Resolves after exit 0, with what it said. Rejects with a `SluiceError`, or the signal's reason. Always handled inside. */
  readonly done: Promise<{ stderr: string }>
  /** Kills the whole process group; `done` then rejects, unless it has ended before. Safe to repeat. */
  kill(): void
}

export interface ToolRunner {
  /** Starts and hands over the streams. */
  start(order: ToolOrder): Promise<ToolProcess>
  /** Starts, feeds `stdin` with back-pressure, collects standard output (at most 64 MiB) and waits for the end. */
  run(order: ToolOrder & { stdin?: AsyncIterable<Uint8Array> }): Promise<{ stdout: Buffer; stderr: string }>
  /** What confines the runs on this machine. */
  sandbox(): Promise<SandboxTools>
}

export interface ToolRunnerOptions {
  ffmpegPath: string
  ffprobePath: string
  /** `auto`: bubblewrap where it works, limits always; `off`: limits only. */
  sandbox: 'auto' | 'off'
  log: Logger
}

const MAX_STDOUT_BYTES = 64 * 2 ** 20
const STDERR_TAIL_CHARACTERS = 256 * 1024
const USE_A_WHOLE_FILE = 'Use a whole file in a common format: MP4, WebM, MP3, WAV, Ogg, FLAC or AAC.'
/** Lines of its own words that go into an error. */
const ERROR_LINES = 4

/**
 * The only place that runs FFmpeg. A run is its own process group with limits on CPU, memory, files and time, reads only
 * what its inputs name, never the terminal, and is killed as a whole when its signal, its time or this process ends.
 */
export function createToolRunner(options: ToolRunnerOptions): ToolRunner {
  let found: Promise<SandboxTools> | undefined
  const sandbox = () => {
    found ??= findSandbox(options)
    return found
  }

  async function start(order: ToolOrder): Promise<ToolProcess> {
    order.signal.throwIfAborted()
    const tools = await sandbox()
    const program = order.tool === 'ffprobe' ? options.ffprobePath : options.ffmpegPath
    const reads = order.inputs.flatMap((input) => ('path' in input ? [input.path] : []))
    await requireBytes(reads)
    const reach = { program, reads, writes: order.writableFolders ?? [] }
    const [command = program, ...args] = sandboxed(tools, { ...defaultLimits, ...order.limits }, reach, commandLine(order))
    order.signal.throwIfAborted()
    const started = performance.now()
    const fds = (order.pipes ?? 0) + (order.progress ? 1 : 0)
    const stdin = order.inputs.some((input) => 'stdin' in input)
    // In our own session: Linux shares the cores out between sessions first (sched(7), "autogroup"), and what gives way
    // by its niceness gives way only within one.
    const child = spawn(command, args, {
      stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', ...Array.from({ length: fds }, () => 'pipe' as const)],
      windowsHide: true,
      env: environment(),
    })
    const pipes = child.stdio.slice(3) as Readable[]
    if (order.progress) followProgress(pipes.pop() as Readable, order.progress)
    const done = watch(child, order, program)
    done.then(
      () => options.log.debug({ program, ms: Math.round(performance.now() - started) }, 'ffmpeg ended'),
      () => {},
    )
    // A write into a process that has ended fails; why it ended is told by `done`.
    child.stdin?.on('error', () => {})
    return { pid: child.pid, stdin: child.stdin, stdout: child.stdout as Readable, pipes, done, kill: () => kill(child) }
  }

  return {
    start,
    sandbox,
    async run(order) {
      const child = await start(order)
      const chunks: Buffer[] = []
      let sizeBytes = 0
      child.stdout.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length
        if (sizeBytes > MAX_STDOUT_BYTES) child.kill()
        else chunks.push(chunk)
      })
      try {
        if (order.stdin && child.stdin) await feed(child, child.stdin, order.stdin)
      } catch (error) {
        child.kill()
        await child.done.catch(() => {})
        throw error
      }
      const { stderr } = await child.done
      return { stdout: Buffer.concat(chunks), stderr }
    },
  }
}

/** Writes one chunk and waits while the process has enough. Returns `false` once it reads no more. */
export async function write(child: ToolProcess, bytes: Uint8Array): Promise<boolean> {
  const { stdin } = child
  if (!stdin || stdin.destroyed || !stdin.writable) return false
  if (stdin.write(bytes)) return true
  await new Promise<void>((resolve) => {
    const go = () => {
      stdin.off('drain', go)
      stdin.off('close', go)
      resolve()
    }
    stdin.on('drain', go)
    stdin.on('close', go)
  })
  return !stdin.destroyed
}

async function feed(child: ToolProcess, stdin: Writable, source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) {
    if (!(await write(child, chunk))) break
  }
  stdin.end()
}

/** Of an empty file FFmpeg would only say what it misses first. What is not there it tells itself. */
async function requireBytes(paths: readonly string[]): Promise<void> {
  const files = await Promise.all(paths.map((path) => stat(path).catch(() => null)))
  if (!files.some((file) => file?.isFile() && file.size === 0)) return
  throw new SluiceError('media_unreadable', 'the file is empty: it has 0 bytes', { fix: USE_A_WHOLE_FILE })
}

function commandLine(order: ToolOrder): string[] {
  const inputs = order.inputs.flatMap(inputArgs)
  const level = order.logLevel ?? 'error'
  if (order.tool === 'ffprobe') return ['-hide_banner', '-v', level, ...inputs, ...order.args]
  const progress = order.progress ? ['-progress', `pipe:${3 + (order.pipes ?? 0)}`, '-stats_period', '0.25'] : []
  return ['-nostdin', '-hide_banner', '-nostats', '-v', level, '-y', ...progress, ...inputs, ...order.args]
}

/** Nothing of ours reaches the process but where libraries are. Fewer arenas keep the address space small on many cores. */
function environment(): Record<string, string> {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C', MALLOC_ARENA_MAX: '4' }
}

async function findSandbox({ sandbox, log }: ToolRunnerOptions): Promise<SandboxTools> {
  const none: SandboxTools = { prlimit: null, setpriv: null, bwrap: null }
  if (process.platform !== 'linux') return none
  const [prlimit = null, setpriv = null, bwrap = null] = await Promise.all(['prlimit', 'setpriv', 'bwrap'].map(findOnPath))
  const tools = { prlimit, setpriv: setpriv && (await works(setpriv, ['--pdeathsig', 'KILL', 'true'])) ? setpriv : null, bwrap: null }
  if (sandbox === 'off' || !bwrap) return tools
  if (await works(bwrap, ['--unshare-all', '--ro-bind', '/', '/', 'true'])) return { ...tools, bwrap }
  log.warn({ bwrap }, 'bubblewrap is installed but does not work here (user namespaces?); FFmpeg runs with limits only')
  return tools
}

/** Whether the helper runs at all: BusyBox has other options, containers forbid namespaces. */
async function works(program: string, args: string[]): Promise<boolean> {
  const child = spawn(program, args, { stdio: 'ignore', timeout: 5_000, killSignal: 'SIGKILL' })
  return new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}

const running = new Set<ChildProcess>()

/** An exit of ours that waits for nobody must not leave it behind. */
function register(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killAll)
  running.add(child)
}

function unregister(child: ChildProcess): void {
  running.delete(child)
  if (running.size === 0) process.off('exit', killAll)
}

function killAll(): void {
  for (const child of running) kill(child)
}

/** The helpers that confine it become it, or take it with them: there is one process to kill. */
function kill(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
}

function watch(child: ChildProcess, order: ToolOrder, program: string): Promise<{ stderr: string }> {
  let stderr = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL_CHARACTERS)
  })
  // Its last words may come after its end.
  const said = child.stderr ? finished(child.stderr).catch(() => {}) : Promise.resolve()
  let late = false
  const stop = () => kill(child)
  const timer = setTimeout(() => {
    late = true
    stop()
  }, order.timeoutMs)
  order.signal.addEventListener('abort', stop, { once: true })
  register(child)

  const done = new Promise<{ stderr: string }>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      order.signal.removeEventListener('abort', stop)
      unregister(child)
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      end()
      reject(error.code === 'ENOENT' || error.code === 'EACCES' ? missing(order.tool ?? 'ffmpeg', program) : error)
    })
    // `exit`, not `close`: the readers of the pipes may be slow, or gone.
    child.on('exit', (code, signalName) => {
      end()
      said.then(() => {
        if (code === 0) resolve({ stderr })
        else if (order.signal.aborted) reject(order.signal.reason)
        else reject(failure(order, program, late, signalName ?? `exit ${code}`, stderr))
      })
    })
  })
  done.catch(() => {})
  return done
}

function failure(order: ToolOrder, program: string, late: boolean, ending: string, stderr: string): SluiceError {
  const tool = order.tool ?? 'ffmpeg'
  const words = stderr.trim().split('\n').slice(-ERROR_LINES).join(' | ').slice(-1_000)
  const problem = (code: ProblemCode, detail: string, fix: string) => new SluiceError(code, detail, { fix, facts: { ending } })
  if (late) {
    const fix = 'Give the machine more CPU, or ask for a shorter or smaller result.'
    return problem('media_tool_failed', `${tool} took longer than ${order.timeoutMs / 1_000} s`, fix)
  }
  if (/No space left on device/.test(stderr)) {
    return problem('storage_full', `${tool} could not write: no space is left. ${words}`, 'Free space on the disk of the data folder.')
  }
  // The helpers that confine it say 127 or 126 when it cannot be started.
  if (/exit 12[67]/.test(ending) && /No such file|not found|Permission denied/.test(stderr)) return missing(tool, program)
  if (/Unknown (encoder|filter)|No such filter|Requested output format .* is not a suitable/.test(stderr)) {
    const fix = 'Install a complete FFmpeg build; `sluice doctor` lists what is missing.'
    return problem('media_tool_missing', `${tool} at ${program} lacks a part: ${words}`, fix)
  }
  const detail = `${tool} ended with ${ending}: ${words || 'it said nothing'}`
  // Killed from outside, by a limit, or out of memory: says nothing about the input. FFmpeg ends itself with 255 when it
  // is told to stop (fftools/ffmpeg.c), by Ctrl-C in our terminal or a supervisor that signals the whole service.
  if (order.blame === 'tool' || ending.startsWith('SIG') || ending === 'exit 255') {
    return problem(
      'media_tool_failed',
      detail,
      'Read its words; `sluice doctor` checks the installation. A signal is a limit or a lack of memory.',
    )
  }
  return problem('media_unreadable', detail, USE_A_WHOLE_FILE)
}

/** FFmpeg's `-progress` is lines of `key=value`; `out_time_us` is the output's time in microseconds, `N/A` before the first. */
function followProgress(pipe: Readable, progress: (seconds: number) => void): void {
  let rest = ''
  pipe.setEncoding('utf8')
  pipe.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const micros = /^out_time_us=(\d+)$/.exec(line)?.[1]
      if (micros !== undefined) progress(Number(micros) / 1e6)
    }
  })
  pipe.on('error', () => {})
}
