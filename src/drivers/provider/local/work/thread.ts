import { parentPort, workerData } from 'node:worker_threads'
import { SluiceError, storeError } from '../../../../domain/errors.ts'
import { registerFonts } from '../draw/fonts.ts'
import { type Flite, loadFlite } from '../speech/flite.ts'
import { make } from './make.ts'
import type { FromThread, ToThread } from './messages.ts'
import { giveWay } from './thread-priority.ts'

/** A worker thread: makes one take at a time and listens for its cancellation meanwhile. */

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')
const say = (message: FromThread): void => port.postMessage(message)

let flite: Promise<Flite> | undefined
const speaker = (): Promise<Flite> => {
  flite ??= loadFlite()
  return flite
}

let current: { takeId: string; stop: AbortController } | undefined

/** No take of ours takes longer than this many milliseconds, even on a loaded machine. */
const LIMIT_MS = 15 * 60_000

port.on('message', async (message: ToThread) => {
  if (message.type === 'cancel') {
    if (current?.takeId === message.takeId) current.stop.abort()
    return
  }
  const { takeId } = message.order
  const stop = new AbortController()
  current = { takeId, stop }
  try {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT_MS)])
    const outputs = await make(message.order, speaker, {
      signal,
      progress: (fraction, picture) => say({ type: 'progress', takeId, fraction, ...(picture !== undefined && { picture }) }),
    })
    say({ type: 'made', takeId, outputs })
  } catch (error) {
    say(stop.signal.aborted ? { type: 'cancelled', takeId } : { type: 'failed', takeId, error: storeError(fullDisk(error)) })
  } finally {
    current = undefined
  }
})

/** The disk's own word for having no space left says nothing of what to do. */
function fullDisk(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) return error
  return new SluiceError('storage_full', 'The local provider could not write what it made: no space is left on the disk.', {
    fix: 'Free some space on the disk of the data folder, or move the folder to a larger disk (SLUICE_DATA); then try again.',
    cause: error,
  })
}

const { first } = workerData as { first: boolean }
if (!first) giveWay()
// Warm what the first take would wait for.
registerFonts()
await speaker()
say({ type: 'ready' })
