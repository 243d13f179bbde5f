import { SluiceError } from '../../../domain/errors.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import { outcomeOf } from '../../../domain/outcome.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { CancelTruth, Intent, TakeStatus } from '../../../ports/provider.ts'
import type { VendorApi } from '../../http/vendor-api.ts'
import * as read from './api.ts'
import { chargedFor, failureOf, refusedOrder, refusedQuestion } from './errors.ts'
import type { FlavourFacts, VideoOrder } from './flavours.ts'

const PAGE = 100
const MAX_PAGES = 20
/** How far a server's clock may be behind ours. */
const CLOCK_SKEW_MS = 60_000
/** Videos that this process has stopped, remembered because the server forgets them. */
const MAX_STOPPED = 10_000

/** What a reference to a video says. Without an amount it was adopted by its id. */
interface VideoRef {
  id: string
  amountMicroUsd?: MicroUsd | undefined
}

export interface Videos {
  order(order: VideoOrder, amountMicroUsd: MicroUsd, signal: AbortSignal): Promise<RemoteRef>
  status(ref: VideoRef, signal: AbortSignal): Promise<TakeStatus>
  cancel(ref: VideoRef): Promise<CancelTruth>
  reconcile(
    intent: Intent & { request: VideoOrder },
    amountMicroUsd: MicroUsd,
    signal: AbortSignal,
  ): Promise<RemoteRef | 'absent' | 'unknown'>
}

export interface VideosOptions {
  api: VendorApi
  baseUrl: string
  facts: FlavourFacts
  /** Nothing it makes costs anything. */
  free: boolean
}

/**
 * `/videos` of one server.
 *
 * - `queued` → queued; `in_progress` → running; `completed` → succeeded, or expired when `expires_at` has passed
 * - `failed` → failed
 * - 404 → `cancelled` when we stopped it, else `lost`: most servers keep videos in memory, and a restart forgets them
 */
export function createVideos({ api, baseUrl, facts, free }: VideosOptions): Videos {
  const vendor = facts.label
  const stopped = new Set<string>()
  const pathOf = (id: string) => `/videos/${encodeURIComponent(id)}`
  const refTo = (id: string, amountMicroUsd: MicroUsd): RemoteRef => ({ kind: 'video', id, amountMicroUsd })

  async function videoOf(id: string, signal: AbortSignal): Promise<read.Video | 'unknown'> {
    const answer = await api.ask(pathOf(id), { signal })
    if (answer.status === 404) {
      await answer.text()
      return 'unknown'
    }
    if (answer.status !== 200) throw await refusedQuestion(vendor, answer)
    const parsed = read.video.safeParse(await answer.json())
    if (parsed.success) return parsed.data
    throw new SluiceError('provider_unavailable', `${vendor}'s answer cannot be read: ${parsed.error.message}`, { cause: parsed.error })
  }

  return {
    async order(order, amountMicroUsd, signal) {
      const answer = await api.order('/videos', { body: facts.body(order), signal })
      if (answer.status >= 300) throw await refusedOrder(vendor, answer, 'prompt')
      const parsed = read.video.safeParse(await answer.json())
      if (parsed.success) return refTo(parsed.data.id, amountMicroUsd)
      throw new SluiceError('submit_unknown', `It is unknown whether ${vendor} took the order: its answer names no video.`, {
        cause: parsed.error,
      })
    },

    async status({ id, amountMicroUsd = free ? 0 : undefined }, signal) {
      const video = await videoOf(id, signal)
      if (video === 'unknown') return stopped.has(id) ? cancelled(vendor, amountMicroUsd) : lost(vendor, id, amountMicroUsd)
      switch (video.status) {
        case 'queued':
        case 'pending':
          return { state: 'queued' }
        case 'completed':
        case 'succeeded':
          if (hasExpired(video)) return expired(vendor, amountMicroUsd)
          return {
            state: 'succeeded',
            outputs: [{ role: 'media', mimeType: 'video/mp4', locator: video.url || `${baseUrl.replace(/\/$/, '')}${pathOf(id)}/content` }],
            ...(amountMicroUsd !== undefined && { charge: { amountMicroUsd, basis: 'price-list' } }),
          }
        case 'failed':
          return { state: 'failed', outcome: failureOf(vendor, video.error, chargedFor(amountMicroUsd)) }
        case 'cancelled':
        case 'canceled':
          return cancelled(vendor, amountMicroUsd)
        case 'deleted':
          return lost(vendor, id, amountMicroUsd)
        default:
          return { state: 'running', progress: facts.progress ? fractionOf(video.progress) : null }
      }
    },

    /** Only a server whose `DELETE` stops a video is asked to; elsewhere it would throw away what is made all the same. */
    async cancel({ id }) {
      if (!facts.deleteStops) return 'too_late'
      const signal = AbortSignal.timeout(30_000)
      const video = await videoOf(id, signal)
      if (video === 'unknown') return stopped.has(id) ? 'stopped' : 'unknown'
      if (video.status !== 'queued' && video.status !== 'in_progress') return 'too_late'
      // Remembered before it is sent: its answer may be lost, and the video then is gone all the same.
      const [oldest] = stopped
      if (oldest !== undefined && stopped.size >= MAX_STOPPED) stopped.delete(oldest)
      stopped.add(id)
      const answer = await api.ask(pathOf(id), { method: 'DELETE', signal })
      await answer.text()
      if (answer.status < 300) return 'stopped'
      stopped.delete(id)
      // vLLM-Omni: 409, the abort has not settled within two seconds.
      return 'unknown'
    },

    /** Nothing of ours can be carried, so an order is known by what it asked for and when. Two that look alike are no answer. */
    async reconcile({ request, orderedAt }, amountMicroUsd, signal) {
      const since = orderedAt.getTime() - CLOCK_SKEW_MS
      const found: string[] = []
      let after: string | undefined
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const answer = await api.ask('/videos', {
          query: { limit: String(PAGE), order: 'desc', ...(after !== undefined && { after }) },
          signal,
        })
        if (answer.status === 401 || answer.status === 403) throw await refusedQuestion(vendor, answer)
        const parsed = answer.status === 200 ? read.page.safeParse(await answer.json()) : undefined
        if (!parsed?.success) return 'unknown'
        const { data, has_more } = parsed.data
        for (const video of data) if (createdMs(video) >= since && looksLike(video, request)) found.push(video.id)
        if (found.length > 1) return 'unknown'
        const last = data.at(-1)
        const complete = last === undefined || createdMs(last) < since || (has_more ?? data.length >= PAGE) === false
        if (complete) return found[0] === undefined ? 'absent' : refTo(found[0], amountMicroUsd)
        after = last.id
      }
      return 'unknown'
    },
  }
}

/** A video that does not say when it was made may be any. */
const createdMs = ({ created_at }: read.Video): number =>
  created_at === null || created_at === undefined ? Number.POSITIVE_INFINITY : (created_at + 1) * 1000

/** What is told must be what was asked for; servers leave some of it out. */
function looksLike(video: read.Video, order: VideoOrder): boolean {
  const same = (told: string | number | null | undefined, asked: string | number | undefined) =>
    told === null || told === undefined || told === '' || asked === undefined || String(told) === String(asked)
  return (
    same(video.prompt, order.prompt) &&
    same(video.size, `${order.width}x${order.height}`) &&
    same(video.seconds === undefined || video.seconds === null ? null : Number(video.seconds), order.durationSeconds) &&
    same(video.model, order.model)
  )
}

const hasExpired = ({ expires_at }: read.Video): boolean =>
  expires_at !== null && expires_at !== undefined && expires_at * 1000 <= Date.now()

/** Told in percent. */
function fractionOf(progress: number | null | undefined): number | null {
  if (progress === null || progress === undefined || !Number.isFinite(progress)) return null
  return Math.min(1, Math.max(0, progress / 100))
}

function cancelled(vendor: string, amountMicroUsd: MicroUsd | undefined): TakeStatus {
  return {
    state: 'cancelled',
    outcome: { class: 'cancelled', detail: `The video was stopped at ${vendor}.`, retry: 'never', ...chargedFor(amountMicroUsd) },
  }
}

function lost(vendor: string, id: string, amountMicroUsd: MicroUsd | undefined): TakeStatus {
  const problem = new SluiceError('take_lost', `${vendor} no longer knows video ${id}; servers that keep videos in memory forget them.`)
  return { state: 'lost', outcome: outcomeOf(problem, chargedFor(amountMicroUsd)) }
}

function expired(vendor: string, amountMicroUsd: MicroUsd | undefined): TakeStatus {
  const problem = new SluiceError('take_lost', `${vendor} has made the video, but keeps it no longer.`)
  const charged = amountMicroUsd ? ({ charged: 'yes', amountMicroUsd } as const) : chargedFor(amountMicroUsd)
  return { state: 'expired', outcome: { ...outcomeOf(problem, charged), class: 'expired' } }
}
