import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { SluiceError } from '../../domain/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { FromThread } from './messages.ts'

/** A plug-in in a thread of its own: its packages are heavy, and what it computes must not hold the server up. */
export interface PluginHost {
  /**
   * Asks one thing after the other, in the order of coming; the first starts the thread. Throws `provider_failed` when the plug-in
   * could not answer this, `provider_unavailable` when its thread does not start, dies, or takes longer than its limit.
   */
  ask(request: unknown, context: { signal: AbortSignal }): Promise<unknown>
  close(): Promise<void>
}

export interface PluginHostOptions {
  /** Holds `index.js` and its packages. */
  folder: string
  /** For messages, e.g. `nsfwjs`. */
  title: string
  log: Logger
  /** How long one answer may take, the start included; then the thread is replaced. Default 30,000. */
  limitMs?: number
}

interface Asked {
  request: unknown
  resolve(answer: unknown): void
  reject(error: unknown): void
}

const LIMIT_MS = 30_000

/** Runs from TypeScript sources and from emitted JavaScript alike: the thread's file has this file's own extension. */
export function createPluginHost({ folder, title, log, limitMs = LIMIT_MS }: PluginHostOptions): PluginHost {
  const file = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)
  const url = pathToFileURL(join(folder, 'index.js')).href
  const queue: Asked[] = []
  let current: { asked: Asked; timer: NodeJS.Timeout } | undefined
  let worker: Worker | undefined
  let closed = false

  function start(): Worker {
    // What it prints is not for the server's own output.
    const started = new Worker(file, { name: title, workerData: { url }, stdout: true, stderr: true })
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (words: Buffer) => log.debug({ plugin: title, words: words.toString() }, 'a plug-in speaks'))
    started.on('message', (message: FromThread) => {
      if (worker === started)
        settle((asked) => ('answer' in message ? asked.resolve(message.answer) : asked.reject(failed(message.failed))))
    })
    started.on('error', (error) => giveUp(started, error.message))
    started.on('exit', () => giveUp(started, 'its thread has ended'))
    return started
  }

  function serve(): void {
    if (current !== undefined) return
    const asked = queue.shift()
    if (asked === undefined) return
    worker ??= start()
    const serving = worker
    current = { asked, timer: setTimeout(() => giveUp(serving, `there was no answer within ${limitMs / 1_000} s`), limitMs) }
    serving.postMessage(asked.request)
  }

  function settle(tell: (asked: Asked) => void): void {
    if (current === undefined) return
    const { asked, timer } = current
    clearTimeout(timer)
    current = undefined
    tell(asked)
    serve()
  }

  /** The thread is gone, or is sent away; what it was asked fails, and the next one starts another. */
  function giveUp(gone: Worker, why: string): void {
    if (worker !== gone) return
    worker = undefined
    void gone.terminate()
    if (!closed) log.warn({ plugin: title, why }, 'a plug-in is started anew when it is next needed')
    settle((asked) => asked.reject(unavailable(why)))
  }

  const failed = (words: string) =>
    new SluiceError('provider_failed', `${title} could not answer: ${words}`, { retry: 'other_provider', fix: 'See its words.' })
  const unavailable = (why: string) =>
    new SluiceError('provider_unavailable', `${title} is not there: ${why}`, { fix: `npm ci --prefix ${folder}` })

  return {
    ask(request, { signal }) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted()
        if (closed) throw unavailable('it was closed')
        const asked: Asked = { request, resolve, reject }
        // One that is being answered goes on, but nobody waits for it.
        signal.addEventListener(
          'abort',
          () => {
            const at = queue.indexOf(asked)
            if (at >= 0) queue.splice(at, 1)
            reject(signal.reason)
          },
          { once: true },
        )
        queue.push(asked)
        serve()
      })
    },
    async close() {
      closed = true
      for (const { reject } of queue.splice(0)) reject(unavailable('it was closed'))
      const running = worker
      if (running === undefined) return
      giveUp(running, 'it was closed')
      await running.terminate()
    },
  }
}
