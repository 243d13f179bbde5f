import { SluiceError } from '../../../domain/errors.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { TakeBody, TakeStatus } from '../../../ports/provider.ts'
import type { Answer, VendorApi } from '../../http/vendor-api.ts'
import { type Alignment, HistoryItem, HistoryList, understood } from './api.ts'
import { cuesOf } from './cues.ts'
import { lost, refusalOf } from './errors.ts'
import type { ElevenLabsOrder } from './order.ts'

/** Clocks differ. */
const SKEW_SECONDS = 60
const PAGE_SIZE = 1_000
const TIMINGS = /^inline:(.+)$/

/**
 * Speech that was paid for but did not arrive: ElevenLabs keeps what its accounts have spoken, with its text and the times of
 * its characters. Accounts without retention keep nothing, so that what is not there may have been made all the same.
 */
export function createHistory(api: VendorApi, baseUrl: string) {
  async function asked(path: string, signal: AbortSignal, query?: Record<string, string>): Promise<Answer> {
    const answer = await api.ask(path, { signal, ...(query && { query }) })
    if (answer.status >= 400 && answer.status !== 404) throw await refusalOf(answer, 'speech')
    return answer
  }
  const pathOf = (id: string): string => `v1/history/${encodeURIComponent(id)}`

  async function item(id: string, signal: AbortSignal) {
    const answer = await asked(pathOf(id), signal)
    return answer.status === 404 ? undefined : understood(HistoryItem, await answer.json())
  }

  return {
    /** The one item since the order that says the same with the same voice and model. */
    async find({ voice, body }: ElevenLabsOrder & { voice: string }, orderedAt: Date, signal: AbortSignal): Promise<RemoteRef | 'unknown'> {
      const { text, model_id } = body as { text: string; model_id: string }
      const since = Math.floor(orderedAt.getTime() / 1000) - SKEW_SECONDS
      const answer = await asked('v1/history', signal, {
        source: 'TTS',
        voice_id: voice,
        model_id,
        date_after_unix: String(since),
        page_size: String(PAGE_SIZE),
      })
      if (answer.status === 404) return 'unknown'
      const { history, has_more } = understood(HistoryList, await answer.json())
      const [first, ...others] = history.filter(
        (one) => one.text === text && one.voice_id === voice && one.model_id === model_id && one.date_unix >= since,
      )
      return first === undefined || others.length > 0 || has_more ? 'unknown' : { history: first.history_item_id }
    },

    async status(id: string, signal: AbortSignal): Promise<TakeStatus> {
      const found = await item(id, signal)
      if (!found) return lost('ElevenLabs no longer keeps the speech')
      const media = {
        role: 'media',
        mimeType: found.content_type ?? 'audio/mpeg',
        locator: new URL(`${pathOf(id)}/audio`, baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`).href,
      } as const
      const timings = { role: 'timings', mimeType: 'application/json', locator: `inline:${id}` } as const
      return { state: 'succeeded', outputs: alignmentOf(found) ? [media, timings] : [media] }
    },

    /** `undefined` for a locator that is not of timings. */
    async timings(locator: string, signal: AbortSignal): Promise<TakeBody | undefined> {
      const id = TIMINGS.exec(locator)?.[1]
      if (id === undefined) return undefined
      const found = await item(id, signal)
      const alignment = found && alignmentOf(found)
      if (!alignment) throw new SluiceError('file_not_found', 'ElevenLabs no longer keeps the times of the speech.')
      const cues = Buffer.from(JSON.stringify(cuesOf(alignment)))
      return { stream: once(cues), fromByte: 0, sizeBytes: cues.length }
    },
  }
}

function alignmentOf({ alignments }: HistoryItem): Alignment | undefined {
  return alignments?.alignment ?? alignments?.normalized_alignment ?? undefined
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
