import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SluiceError } from '../../../domain/errors.ts'
import type { ScriptReading } from '../../../domain/words/reading.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { ReadContext, ScriptReader, VoiceRecording } from '../../../ports/script-reader.ts'
import type { FromThread, ReadOrder, ThreadData } from './messages.ts'
import { modelsOfThePackage } from './models.ts'

export interface OfflineReaderOptions {
  log: Logger
  /** A module that exports `pronounce` (see `Pronounce`); it runs in the reader's thread. Default: words in no dictionary cannot be read. */
  pronouncer?: URL
  /** A folder with the models `en-us` and `fr-fr`. Default: of the package `soundswallower`. */
  modelsFolder?: string
  /** A thread that has nothing to do is let go after this time, with its 120 MB and more. Default 60,000. */
  idleMs?: number
  /** What a recording may take: so long, and so many times its own length. Default 60,000 and 3. */
  patience?: { ms: number; timesItsLength: number }
}

const MODELS: Record<string, string> = { en: 'en-us', fr: 'fr-fr' }
const LONGEST_SECONDS = 30 * 60

/** A thread with the recogniser of one language. */
interface Listener {
  model: string
  worker: Worker
  idle: NodeJS.Timeout | undefined
}

/**
 * Listens on this machine, in a thread of its own, in English and French; one recording after the other, in their order. The
 * recogniser is loaded with the first of them, and let go when there are none for a while.
 */
export function createOfflineReader(options: OfflineReaderOptions): ScriptReader {
  const { log, idleMs = 60_000, patience = { ms: 60_000, timesItsLength: 3 }, pronouncer } = options
  const closing = new AbortController()
  let listener: Listener | undefined
  let last: Promise<unknown> = Promise.resolve()

  function listenerFor(model: string): Listener {
    if (listener?.model === model) return listener
    letGo()
    const file = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)
    const folder = join(options.modelsFolder ?? modelsOfThePackage(), model)
    const workerData: ThreadData = { modelFolder: folder, pronouncer: pronouncer?.href ?? null }
    const worker = new Worker(file, { name: 'script reader', workerData })
    // Whoever waits is told by `answerOf`; without this a thread that dies would take the process with it.
    worker.on('error', (error) => log.warn({ err: error }, 'the thread of the script reader failed'))
    listener = { model, worker, idle: undefined }
    return listener
  }

  function letGo(): void {
    clearTimeout(listener?.idle)
    void listener?.worker.terminate()
    listener = undefined
  }

  async function readInTurn(model: string, order: ReadOrder, signal: AbortSignal): Promise<ScriptReading> {
    signal.throwIfAborted()
    const mine = listenerFor(model)
    clearTimeout(mine.idle)
    const limitMs = patience.ms + patience.timesItsLength * order.recording.durationSeconds * 1000
    try {
      return await answerOf(mine.worker, order, signal, limitMs)
    } catch (error) {
      // It may be in the middle of its work, or broken: the next recording gets a fresh one.
      if (listener === mine) letGo()
      throw error
    } finally {
      if (listener === mine) mine.idle = setTimeout(letGo, idleMs).unref()
    }
  }

  return {
    id: 'offline',
    async read(recording, script, context) {
      const model = modelFor(recording, context)
      const signal = AbortSignal.any([context.signal, closing.signal])
      const turn = last.then(() => readInTurn(model, { recording, script, language: context.language }, signal))
      last = turn.catch(() => {})
      return unlessAborted(turn, signal)
    },
    async close() {
      closing.abort(new SluiceError('shutting_down', 'The script reader was closed.'))
      const worker = listener?.worker
      letGo()
      await worker?.terminate()
    },
  }
}

/** Throws `provider_cannot` for a language without a model, and for what is too long. */
function modelFor({ durationSeconds }: VoiceRecording, { language }: ReadContext): string {
  const model = MODELS[language.split('-')[0]?.toLowerCase() ?? '']
  if (model === undefined)
    throw new SluiceError('provider_cannot', `The offline recogniser knows English and French, not ${language}.`, {
      field: 'language',
      fix: 'Let a transcriber listen to other languages: SLUICE_TRANSCRIBER.',
    })
  if (durationSeconds > LONGEST_SECONDS)
    throw new SluiceError(
      'provider_cannot',
      `The offline recogniser hears up to ${LONGEST_SECONDS} s, not ${durationSeconds.toFixed(0)} s.`,
      {
        field: 'durationSeconds',
        fix: 'Make the narration in parts.',
      },
    )
  return model
}

/** Hands the thread its order and waits for the one answer. */
function answerOf(worker: Worker, order: ReadOrder, signal: AbortSignal, limitMs: number): Promise<ScriptReading> {
  const { promise, resolve, reject } = Promise.withResolvers<ScriptReading>()
  const unavailable = (detail: string) => reject(new SluiceError('provider_unavailable', detail))
  const onMessage = (message: FromThread): void => {
    if (message.type === 'failed') {
      const { code, detail, ...rest } = message.error
      reject(new SluiceError(code, detail, rest))
    } else resolve(message.reading)
  }
  const onExit = (): void => unavailable('The thread of the offline recogniser ended while it listened.')
  const onAbort = (): void => reject(signal.reason)
  const limit = setTimeout(() => unavailable(`The offline recogniser has not finished after ${Math.round(limitMs / 1000)} s.`), limitMs)
  worker.on('message', onMessage).on('exit', onExit)
  signal.addEventListener('abort', onAbort, { once: true })
  worker.postMessage(order)
  return promise.finally(() => {
    clearTimeout(limit)
    worker.off('message', onMessage).off('exit', onExit)
    signal.removeEventListener('abort', onAbort)
  })
}

/** Whoever does not wait any more need not wait for his turn. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const onAbort = (): void => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  return promise
}
