import { z } from 'zod'
import { SluiceError } from '../../../domain/errors.ts'
import type { RemoteRef, TakeOutput } from '../../../domain/take.ts'
import type { Capabilities, Provider, StartContext, TakeStatus } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { readPicture } from '../../http/picture.ts'
import { retryAfterMs } from '../../http/retry-after.ts'
import { type Answer, createVendorApi } from '../../http/vendor-api.ts'
import { Flow, FlowList, FlowTaken, SpeechAnswer, understood } from './api.ts'
import { cuesOf } from './cues.ts'
import { answerLost, failureOf, lost, refusalOf } from './errors.ts'
import { createHistory } from './history.ts'
import { elevenLabsModels, elevenLabsVoices } from './models.ts'
import { checked, type ElevenLabsOrder, orderOf, quoteOf, voiceOf } from './order.ts'
import { readWebhook } from './webhook.ts'

export interface ElevenLabsOptions {
  network: Network
  apiKey: string
  /** Default `https://api.elevenlabs.io`; a region's host, or the lab. */
  baseUrl?: string
  /** Of the workspace's webhook for flows. Without it no webhooks are asked for. */
  webhookSecret?: string
  /**
   * Nobody but this process orders videos with this account. Its list of jobs tells neither prompt nor time, so only then is
   * a job that is in it and that we do not know the one whose answer was lost.
   */
  soleUser?: boolean
  /** Milliseconds since 1970, for the age of webhooks. */
  now?: () => number
}

/** Long texts and songs are made before the answer begins. As the official SDK waits. */
const SYNC_TIMEOUT_MS = 240_000
const LIST_TIMEOUT_MS = 60_000
/** An order does not wait longer for what is only needed when its answer is lost. */
const MARK_TIMEOUT_MS = 5_000
const MAX_PAGES = 10
const MAX_KNOWN = 10_000

/** Speech, music and sounds come with the answer; a video is a job; speech whose answer was lost may be in the history. */
const Ref = z.union([
  z.object({ id: z.string() }),
  z.object({ history: z.string() }),
  z.object({
    outputs: z.array(
      z.object({
        role: z.enum(['media', 'timings', 'still']),
        mimeType: z.string(),
        locator: z.string(),
        sizeBytes: z.number().optional(),
      }),
    ),
  }),
])

/**
 * ElevenLabs: speech with the times of its words, music and sounds in the answer to the order, and videos as jobs ("flows").
 * Jobs cannot be stopped.
 */
export function createElevenLabsProvider(options: ElevenLabsOptions): Provider {
  const { network, apiKey, baseUrl = 'https://api.elevenlabs.io', webhookSecret, soleUser = false, now = Date.now } = options
  const api = createVendorApi({ vendor: 'ElevenLabs', baseUrl, headers: { 'xi-api-key': apiKey }, network })
  const history = createHistory(api, baseUrl)
  /** The newest job of the model when an order was about to be sent, by take; `null`: there was none. For orders without an answer. */
  const newestBefore = new Map<string, string | null>()
  /** Jobs that are known to be of other takes. */
  const known = new Set<string>()

  const capabilities: Capabilities = {
    kinds: ['speech', 'music', 'sound', 'video'],
    models: elevenLabsModels,
    voices: elevenLabsVoices,
    reconcile: 'list',
    ...(webhookSecret !== undefined && { webhook: 'per-account' as const }),
  }

  async function listed(model: string, cursor: string | undefined, pageSize: number, signal: AbortSignal, timeoutMs = LIST_TIMEOUT_MS) {
    const answer = await api.ask('v1/flows/video', {
      timeoutMs,
      query: { model_id: model, page_size: String(pageSize), ...(cursor !== undefined && { cursor }) },
      signal,
    })
    if (answer.status >= 400) throw await refusalOf(answer, 'video')
    return understood(FlowList, await answer.json())
  }

  /** The mark that a lost answer is looked for from. Without it the order is simply not found again. */
  async function mark(takeId: string, model: string, signal: AbortSignal): Promise<void> {
    try {
      const { generations } = await listed(model, undefined, 1, signal, MARK_TIMEOUT_MS)
      newestBefore.set(takeId, generations[0]?.id ?? null)
    } catch {
      signal.throwIfAborted()
    }
  }

  /** They take no addresses: a picture to begin with goes along with the order. */
  async function startFrame(imageUrl: string | undefined, signal: AbortSignal): Promise<object> {
    if (imageUrl === undefined) return {}
    const { base64, mimeType } = await readPicture(network, imageUrl, signal)
    return { start_frame: { type: 'inline_base64', content_base64: base64, mime_type: mimeType } }
  }

  async function orderVideo(order: ElevenLabsOrder, imageUrl: string | undefined, context: StartContext): Promise<RemoteRef> {
    const { takeId, signal } = context
    const body = { ...order.body, ...(await startFrame(imageUrl, signal)) }
    await mark(takeId, String(order.body['model_id']), signal)
    try {
      const answer = await api.order(order.path, { body, signal })
      if (answer.status >= 400) throw await refusalOf(answer, 'video')
      const { id } = taken(FlowTaken, await answer.json())
      remember(id)
      newestBefore.delete(takeId)
      return { id }
    } catch (error) {
      if (!SluiceError.is(error) || error.code !== 'submit_unknown') newestBefore.delete(takeId)
      throw error
    }
  }

  async function keptSpeech(answer: Answer, context: StartContext): Promise<TakeOutput[]> {
    const spoken = taken(SpeechAnswer, await answer.json())
    const media = await context.keep({ role: 'media', mimeType: 'audio/mpeg' }, bytesOf(Buffer.from(spoken.audio_base64, 'base64')))
    const alignment = spoken.alignment ?? spoken.normalized_alignment
    if (!alignment) return [media]
    const cues = Buffer.from(JSON.stringify(cuesOf(alignment)))
    return [media, await context.keep({ role: 'timings', mimeType: 'application/json' }, bytesOf(cues))]
  }

  async function keptAudio(answer: Answer, context: StartContext): Promise<TakeOutput[]> {
    const mimeType = (answer.headers['content-type'] ?? 'audio/mpeg').split(';')[0]?.trim() ?? ''
    if (answer.status !== 200 || !/^(audio\/|application\/octet-stream$)/.test(mimeType))
      throw new Error(`it is ${mimeType} (${answer.status}), not sound`)
    return [await context.keep({ role: 'media', mimeType: mimeType.startsWith('audio/') ? mimeType : 'audio/mpeg' }, answer.stream)]
  }

  return {
    id: 'elevenlabs',
    capabilities,
    quote: quoteOf,

    async start(asked, context) {
      const { request } = checked(asked)
      const order = orderOf(request, webhookSecret !== undefined)
      context.signal.throwIfAborted()
      if (request.kind === 'video') return orderVideo(order, request.imageUrl, context)
      const answer = await api.order(order.path, {
        body: order.body,
        signal: context.signal,
        timeoutMs: SYNC_TIMEOUT_MS,
        ...(order.query && { query: order.query }),
        ...(request.kind !== 'speech' && { headers: { accept: 'audio/*' } }),
      })
      if (answer.status >= 400) throw await refusalOf(answer, request.kind)
      try {
        return { outputs: await (request.kind === 'speech' ? keptSpeech(answer, context) : keptAudio(answer, context)) }
      } catch (error) {
        throw SluiceError.is(error) && error.code === 'submit_unknown' ? error : answerLost(error)
      }
    },

    async status(ref, { signal }): Promise<TakeStatus> {
      const read = Ref.safeParse(ref)
      if (!read.success) return lost('The reference is not one of ElevenLabs')
      if ('history' in read.data) return history.status(read.data.history, signal)
      if ('outputs' in read.data) return { state: 'succeeded', outputs: read.data.outputs as TakeOutput[] }
      const answer = await api.ask(`v1/flows/video/${encodeURIComponent(read.data.id)}`, { signal })
      if (answer.status === 404) return lost('ElevenLabs does not know the job')
      if (answer.status >= 400) throw await refusalOf(answer, 'video')
      return statusOf(understood(Flow, await answer.json()), retryAfterMs(answer))
    },

    async fetch(output, { signal, fromByte }) {
      const timings = await history.timings(output.locator, signal)
      if (timings) return timings
      return api.download(output.locator, { signal, ...(fromByte !== undefined && { fromByte }) })
    },

    adopt(remoteId, request) {
      if (request.kind === 'video') return { id: remoteId }
      return request.kind === 'speech' ? { history: remoteId } : null
    },

    async reconcile({ takeId, request, orderedAt }, { signal }) {
      if (request.kind === 'speech') return history.find({ ...orderOf(request, false), voice: voiceOf(request.voice) }, orderedAt, signal)
      if (request.kind !== 'video') return 'unknown'
      const { model } = checked(request)
      const before = newestBefore.get(takeId)
      const newer: string[] = []
      let cursor: string | undefined
      for (let page = 0; page < MAX_PAGES; page++) {
        const { generations, next_cursor, has_more } = await listed(model.id, cursor, 50, signal)
        const ids = generations.map(({ id }) => id)
        const reached = typeof before === 'string' ? ids.indexOf(before) : -1
        newer.push(...(reached < 0 ? ids : ids.slice(0, reached)))
        const complete = !has_more || !next_cursor
        if (reached >= 0 || (before === null && complete)) return whichOf(newer)
        // Without a mark only an empty list says anything; a mark that has left the list says nothing.
        if (complete) return before === undefined && newer.length === 0 ? 'absent' : 'unknown'
        cursor = next_cursor
      }
      return 'unknown'
    },

    ...(webhookSecret !== undefined && {
      async webhook(headers, rawBody) {
        return readWebhook(webhookSecret, headers, rawBody, now())
      },
    }),
  }

  /** Which of the jobs since the mark is of an order whose answer was lost. */
  function whichOf(newer: string[]): RemoteRef | 'absent' | 'unknown' {
    const [first, ...others] = newer.filter((id) => !known.has(id))
    if (first === undefined) return 'absent'
    if (others.length > 0 || !soleUser) return 'unknown'
    remember(first)
    return { id: first }
  }

  function remember(id: string): void {
    known.add(id)
    const [oldest] = known
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  }
}

function statusOf(flow: Flow, waitMs: number | undefined): TakeStatus {
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs }
  if (flow.status === 'pending') return { state: 'queued', ...wait }
  if (flow.status === 'failed') return { state: 'failed', outcome: failureOf(flow) }
  if (flow.status === 'completed' && flow.content_url) {
    return { state: 'succeeded', outputs: [{ role: 'media', mimeType: flow.content_mime_type ?? 'video/mp4', locator: flow.content_url }] }
  }
  return { state: 'running', progress: null, ...wait }
}

/** As {@link understood}, after an order. */
function taken<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer)
  if (read.success) return read.data
  throw answerLost(new Error(z.prettifyError(read.error)))
}

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
