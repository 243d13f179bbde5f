import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'
import { isOutage } from '../../../domain/outage.ts'
import { outcomeOf } from '../../../domain/outcome.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Provider, TakePreview, TakeStatus } from '../../../ports/provider.ts'
import { openFolder } from './folder.ts'
import { quoteOf } from './order.ts'
import { voices } from './voices.ts'
import { createPool, type PoolEvent } from './work/pool.ts'

export interface LocalProviderOptions {
  /** For takes only. Each process works in a folder of its own below it; what dead processes left is removed at creation. */
  folder: string
  ffmpegPath: string
  log: Logger
  /** Threads that draw. Sounds have one more of their own. Default 2. */
  workers?: number
}

/** At most this often a running take tells of itself, in milliseconds. */
const HINT_EVERY_MS = 250

/** A take in this process. `ended` is set once, by the pool's last word or by a cancellation. */
interface Kept {
  status: TakeStatus
  hint: () => void
  hintedAt: number
  preview: TakePreview | undefined
  ended: Promise<void>
  end: () => void
}

/**
 * Makes presentations' scenes, clips, speech, music and sounds in this process: no network, no key, no cost.
 * Takes live in this process's memory and in its folder; after a restart every earlier take is `lost` and is simply ordered anew.
 */
export function createLocalProvider(options: LocalProviderOptions): Provider {
  const { ffmpegPath, log } = options
  const folder = openFolder(options.folder)
  const pool = createPool({ pictureThreads: options.workers ?? 2, log })
  const process = randomUUID()
  const takes = new Map<string, Kept>()

  const nameOf = (ref: RemoteRef): string => (ref['process'] === process && typeof ref['takeId'] === 'string' ? ref['takeId'] : '')

  function follow(takeId: string, event: PoolEvent): void {
    const kept = takes.get(takeId)
    if (kept === undefined) return
    switch (event.type) {
      case 'started':
        kept.status = { state: 'running', progress: 0 }
        break
      case 'progress': {
        if (kept.status.state !== 'running') return
        if (event.picture !== undefined) {
          kept.preview = { kind: 'image', mimeType: 'image/jpeg', ...event.picture, seq: (kept.preview?.seq ?? 0) + 1 }
        }
        const progress = Math.max(kept.status.progress ?? 0, Math.min(1, event.fraction))
        kept.status = { state: 'running', progress, ...(kept.preview !== undefined && { preview: kept.preview }) }
        const now = performance.now()
        if (event.picture === undefined && now - kept.hintedAt < HINT_EVERY_MS) return
        kept.hintedAt = now
        break
      }
      case 'made': {
        const outputs = event.outputs.map(({ name, ...output }) => ({ ...output, locator: `${takeId}/${name}` }))
        kept.status = { state: 'succeeded', outputs, ...(kept.preview !== undefined && { preview: kept.preview }) }
        kept.end()
        break
      }
      case 'failed': {
        const { code, detail, ...rest } = event.error
        const outcome = outcomeOf(new SluiceError(code, detail, rest))
        // Nobody has seen anything of it: the same is drawn again once there is space.
        kept.status = { state: 'failed', outcome: isOutage(code) ? { ...outcome, class: 'lost' } : outcome }
        log.warn({ takeId, code }, `the local provider failed: ${detail}`)
        kept.end()
        break
      }
      case 'lost':
        kept.status = lost(event.detail)
        kept.end()
        break
      case 'cancelled':
        kept.status = { state: 'cancelled', outcome: { class: 'cancelled', detail: 'The take was stopped', retry: 'never', charged: 'no' } }
        kept.end()
    }
    kept.hint()
  }

  return {
    id: 'local',
    capabilities: {
      kinds: ['speech', 'music', 'sound', 'video', 'keyframes'],
      scenes: true,
      seed: true,
      volatile: true,
      voices,
      pollMs: 1_000,
    },

    quote: quoteOf,

    async start(request, { takeId, signal, rank, hint }) {
      signal.throwIfAborted()
      quoteOf(request)
      if (!/^\w+$/.test(takeId)) throw new SluiceError('internal', `${takeId} is not a take id`, { retry: 'never' })
      const ref = { process, takeId }
      // Ordered twice (the first answer was not saved): the same work, not a second one.
      if (takes.has(takeId)) return ref
      let end = (): void => {}
      const ended = new Promise<void>((resolve) => {
        end = resolve
      })
      takes.set(takeId, { status: { state: 'queued' }, hint, hintedAt: 0, preview: undefined, ended, end })
      const takeFolder = join(folder, takeId)
      await mkdir(takeFolder, { recursive: true })
      pool.add({ takeId, request, folder: takeFolder, ffmpegPath }, rank, (event) => follow(takeId, event))
      return ref
    },

    async status(ref) {
      return takes.get(nameOf(ref))?.status ?? lost('It is not known to this process; the process that was making it has ended')
    },

    async fetch(output, { signal, fromByte = 0 }) {
      if (!/^\w+\/[\w.-]+$/.test(output.locator))
        throw new SluiceError('take_lost', `${output.locator} is not an output of the local provider`)
      const path = join(folder, output.locator)
      const { size } = await stat(path).catch((cause: unknown) => {
        throw new SluiceError('take_lost', `The output ${output.locator} is no longer kept`, { cause })
      })
      return { stream: readFileWhile(path, fromByte, signal), fromByte, sizeBytes: size }
    },

    async cancel(ref) {
      const takeId = nameOf(ref)
      const kept = takes.get(takeId)
      // Nobody is making it, so nothing more will come of it.
      if (kept === undefined) return 'stopped'
      pool.cancel(takeId)
      if (kept.status.state === 'queued' || kept.status.state === 'running') await kept.ended
      return kept.status.state === 'succeeded' ? 'too_late' : 'stopped'
    },

    async release(ref) {
      const takeId = nameOf(ref)
      const kept = takes.get(takeId)
      if (kept === undefined) return
      pool.cancel(takeId)
      if (kept.status.state === 'queued' || kept.status.state === 'running') await kept.ended
      takes.delete(takeId)
      await rm(join(folder, takeId), { recursive: true, force: true })
    },

    async close() {
      await pool.close()
      for (const [takeId, kept] of takes) {
        if (kept.status.state === 'queued' || kept.status.state === 'running')
          follow(takeId, { type: 'lost', detail: 'The provider was closed' })
      }
      takes.clear()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function lost(detail: string): TakeStatus {
  return { state: 'lost', outcome: { class: 'lost', detail, retry: 'same', charged: 'no' } }
}

/** Opens the file with its first reader: a stream that is aborted before anyone listens would end the process with its error. */
async function* readFileWhile(path: string, fromByte: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted()
  for await (const chunk of createReadStream(path, { start: fromByte, highWaterMark: 256 * 1024 })) {
    signal.throwIfAborted()
    yield chunk as Uint8Array
  }
}
