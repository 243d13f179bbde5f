import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import { type Charged, outcomeOf } from '../../../domain/outcome.ts'
import type { TakeOutput } from '../../../domain/take.ts'
import type { Charge, Provider, TakeStatus } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { cannot, modelFor, priceOf } from '../model-check.ts'
import * as read from './api.ts'
import { chargedFor, failureOf, refusedOrder, refusedQuestion } from './errors.ts'
import { CREDIT_MICRO_USD, DEFAULT_VOICE, models as knownModels, type RunwayModel, voices } from './models.ts'
import { orderOf } from './order.ts'

export interface RunwayOptions {
  network: Network
  apiKey: string
  /** Default https://api.dev.runwayml.com. */
  baseUrl?: string
  /** Further models: Runway names new ones often. One that is known already is replaced. */
  models?: readonly RunwayModel[]
  now?: () => Date
}

const VERSION = '2024-11-06'
/** Seeds are 32 bits there. */
const MAX_SEED = 2 ** 32 - 1
/** Tasks that this process has stopped, remembered because Runway forgets them. */
const MAX_STOPPED = 10_000

/**
 * Runway's API: a task per take, asked for until it ends. It has no webhooks, no list of tasks and no idempotency, so an order
 * whose answer was lost cannot be found again.
 *
 * - `PENDING` → queued; `THROTTLED` → throttled: taken, and waiting for the account's own limit; `RUNNING` → running
 * - `SUCCEEDED`, `FAILED`, `CANCELLED` → the end, with its cost in credits
 * - 404 → `cancelled` when we stopped it (Runway forgets what is stopped), else `lost`
 */
export function createRunwayProvider({
  network,
  apiKey,
  baseUrl = 'https://api.dev.runwayml.com',
  models: added = [],
  now = () => new Date(),
}: RunwayOptions): Provider {
  const models = [...knownModels.filter(({ id }) => !added.some((other) => other.id === id)), ...added]
  const api = createVendorApi({
    vendor: 'Runway',
    baseUrl,
    headers: { authorization: `Bearer ${apiKey}`, 'x-runway-version': VERSION },
    network,
  })
  const stopped = new Set<string>()

  function check(request: GenerateRequest): RunwayModel {
    const model = modelFor({ vendor: 'Runway', models, voices: [{ id: DEFAULT_VOICE }, ...voices], now }, request) as RunwayModel
    if (request.kind === 'video' && request.imageUrl === undefined && model.sizesWithoutImage !== undefined) {
      if (model.sizesWithoutImage.length === 0)
        throw cannot('imageUrl', `${model.id} starts from a picture.`, 'Give the address of a picture, or use gen4.5.')
      if (!model.sizesWithoutImage.includes(`${request.width}x${request.height}`))
        throw cannot(
          'width',
          `${model.id} makes ${request.width}x${request.height} only from a picture.`,
          `Ask for ${model.sizesWithoutImage.join(', ')}, or give a picture.`,
        )
    }
    if (model.seed === true && (request.seed < 0 || request.seed > MAX_SEED))
      throw cannot('seed', `Runway takes seeds from 0 to ${MAX_SEED}.`, 'Choose a smaller seed.')
    return model
  }

  /** Runway charges whole credits. */
  function quote(request: GenerateRequest): Quote {
    const { price } = check(request)
    return {
      amountMicroUsd: Math.ceil(priceOf(price, request) / CREDIT_MICRO_USD) * CREDIT_MICRO_USD,
      seconds: request.kind === 'video' ? 20 + request.durationSeconds * 10 : 10,
      basis: `runway:${price.asOf}`,
    }
  }

  async function taskOf(id: string, signal: AbortSignal): Promise<read.Task | 'unknown'> {
    const answer = await api.ask(`/v1/tasks/${encodeURIComponent(id)}`, { signal })
    if (answer.status === 404) {
      await answer.text()
      return 'unknown'
    }
    if (answer.status !== 200) throw await refusedQuestion(answer)
    const parsed = read.task.safeParse(await answer.json())
    if (parsed.success) return parsed.data
    throw new SluiceError('provider_unavailable', `Runway's answer cannot be read: ${parsed.error.message}`, { cause: parsed.error })
  }

  return {
    id: 'runway',
    capabilities: { kinds: ['video', 'speech', 'sound'], models, voices, pollMs: 5_000 },

    quote,

    async start(request, { signal }) {
      const model = check(request)
      const { path, body } = orderOf(request, model)
      const answer = await api.order(path, { body, signal })
      if (answer.status >= 300) throw await refusedOrder(answer)
      const parsed = read.submitted.safeParse(await answer.json())
      if (!parsed.success)
        throw new SluiceError('submit_unknown', 'It is unknown whether Runway took the order: its answer names no task.', {
          cause: parsed.error,
        })
      const { id, estimatedCost } = parsed.data
      const amountMicroUsd =
        estimatedCost === undefined ? quote(request).amountMicroUsd : Math.ceil(estimatedCost.credits * CREDIT_MICRO_USD)
      return { id, kind: request.kind, amountMicroUsd }
    },

    async status(remote, { signal }): Promise<TakeStatus> {
      const { id, kind, amountMicroUsd } = read.ref.parse(remote)
      const task = await taskOf(id, signal)
      if (task === 'unknown') return stopped.has(id) ? cancelled({ charged: 'unknown' }) : lost(id)
      switch (task.status) {
        case 'PENDING':
          return { state: 'queued' }
        case 'THROTTLED':
          return { state: 'throttled' }
        case 'SUCCEEDED': {
          const outputs = (task.output ?? []).map((url): TakeOutput => ({ role: 'media', mimeType: mimeTypeOf(url, kind), locator: url }))
          if (outputs.length === 0) return { state: 'failed', outcome: failureOf({ ...task, failure: 'the task has no output' }) }
          const charge = finalCharge(chargedFor(task), amountMicroUsd)
          return { state: 'succeeded', outputs, ...(charge !== undefined && { charge }) }
        }
        case 'FAILED':
          return { state: 'failed', outcome: failureOf(task) }
        case 'CANCELLED':
          return cancelled(chargedFor(task))
        default:
          // RUNNING, and what Runway may come to call it.
          return { state: 'running', progress: fractionOf(task.progress) }
      }
    },

    fetch: ({ locator }, { signal, fromByte = 0 }) => api.download(locator, { signal, fromByte }),

    /**
     * `DELETE` stops a live task but deletes the output of a finished one, so it is sent only to a task that has not ended. One
     * that ends in between is deleted with its output: it then counts as stopped, and its cost as unknown.
     */
    adopt: (id) => ({ id }),

    async cancel(remote) {
      const { id } = read.ref.parse(remote)
      const signal = AbortSignal.timeout(30_000)
      const task = await taskOf(id, signal)
      if (task === 'unknown') return stopped.has(id) ? 'stopped' : 'unknown'
      if (task.status === 'CANCELLED') return 'stopped'
      if (task.status === 'SUCCEEDED' || task.status === 'FAILED') return 'too_late'
      // Remembered before it is sent: its answer may be lost, and the task then is gone all the same.
      const [oldest] = stopped
      if (oldest !== undefined && stopped.size >= MAX_STOPPED) stopped.delete(oldest)
      stopped.add(id)
      const answer = await api.ask(`/v1/tasks/${encodeURIComponent(id)}`, { method: 'DELETE', signal })
      await answer.text()
      if (answer.status < 300) return 'stopped'
      stopped.delete(id)
      return 'unknown'
    },
  }
}

const MIME_TYPES: Record<string, string> = { mp4: 'video/mp4', mov: 'video/quicktime', mp3: 'audio/mpeg', wav: 'audio/wav' }

/** By its name; an order that was adopted from outside does not say its kind. */
function mimeTypeOf(url: string, kind: string | undefined): string {
  const extension = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''
  return MIME_TYPES[extension] ?? (kind === 'speech' || kind === 'sound' ? 'audio/mpeg' : 'video/mp4')
}

/** Runway's own figure, or what it estimated when the order was taken. */
function finalCharge(charged: Charged, estimateMicroUsd: number | undefined): Charge | undefined {
  if (charged.charged !== 'unknown') return { amountMicroUsd: charged.charged === 'yes' ? charged.amountMicroUsd : 0, basis: 'vendor' }
  return estimateMicroUsd === undefined ? undefined : { amountMicroUsd: estimateMicroUsd, basis: 'price-list' }
}

/** Told as 0 to 1 as far as is known; a percentage is understood as well. */
function fractionOf(progress: number | null | undefined): number | null {
  if (progress === null || progress === undefined || !Number.isFinite(progress)) return null
  return Math.min(1, Math.max(0, progress > 1 ? progress / 100 : progress))
}

function cancelled(charged: Charged): TakeStatus {
  return { state: 'cancelled', outcome: { class: 'cancelled', detail: 'The task was stopped at Runway.', retry: 'never', ...charged } }
}

function lost(id: string): TakeStatus {
  const problem = new SluiceError('take_lost', `Runway no longer knows task ${id}, and it was not stopped from here.`)
  return { state: 'lost', outcome: outcomeOf(problem, { charged: 'unknown' }) }
}
