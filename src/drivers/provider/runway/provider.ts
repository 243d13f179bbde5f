import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import { outcomeOf } from '../../../domain/outcome.ts'
import type { TakeOutput } from '../../../domain/take.ts'
import type { Provider, TakeStatus } from '../../../ports/provider.ts'
import type { Network } from '../../http/network.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { cannot, checkAgainst, chosenModel, quoteBy } from '../check-order.ts'
import * as read from './api.ts'
import { chargedFor, failureOf, refusedOrder, refusedQuestion } from './errors.ts'
import { CREDIT_MICRO_USD, models as knownModels, type RunwayModel, voices } from './models.ts'
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
    const model = chosenModel({ name: 'Runway', models, now }, request) as RunwayModel
    checkAgainst(model, request)
    if (request.kind === 'video' && request.imageUrl === undefined && model.sizesWithoutImage !== undefined) {
      if (model.sizesWithoutImage.length === 0)
        throw cannot(`${model.id} starts from a picture.`, 'imageUrl', 'Give the address of a picture, or choose gen4.5.')
      if (!model.sizesWithoutImage.includes(`${request.width}x${request.height}`))
        throw cannot(
          `${model.id} makes ${request.width}x${request.height} only from a picture.`,
          'size',
          `Choose one of ${model.sizesWithoutImage.join(', ')}, or give a picture.`,
        )
    }
    if (request.kind === 'speech' && !voices.some(({ id }) => id === request.voice))
      throw cannot(`Runway has no voice "${request.voice}".`, 'voice', `Choose one of ${voices.map(({ id }) => id).join(', ')}.`)
    if (model.seed === true && (request.seed < 0 || request.seed > MAX_SEED))
      throw cannot(`Runway takes seeds from 0 to ${MAX_SEED}.`, 'seed', 'Choose a smaller seed.')
    return model
  }

  function quote(request: GenerateRequest): Quote {
    const model = check(request)
    const seconds = request.kind === 'video' ? 20 + request.durationSeconds * 10 : 10
    return quoteBy('runway', model, request, { seconds, unitMicroUsd: CREDIT_MICRO_USD })
  }

  async function taskOf(taskId: string, signal: AbortSignal): Promise<read.Task | 'unknown'> {
    const answer = await api.ask(`/v1/tasks/${encodeURIComponent(taskId)}`, { signal })
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
      return { taskId: id, kind: request.kind, amountMicroUsd }
    },

    async status(remote, { signal }): Promise<TakeStatus> {
      const { taskId, kind, amountMicroUsd } = read.ref.parse(remote)
      const task = await taskOf(taskId, signal)
      if (task === 'unknown') return stopped.has(taskId) ? cancelled({ charged: 'unknown' }) : lost(taskId)
      switch (task.status) {
        case 'PENDING':
          return { state: 'queued' }
        case 'THROTTLED':
          return { state: 'throttled' }
        case 'SUCCEEDED': {
          const outputs = (task.output ?? []).map((url): TakeOutput => ({ role: 'media', mimeType: MIME_TYPES[kind], locator: url }))
          if (outputs.length === 0) return { state: 'failed', outcome: failureOf({ ...task, failure: 'the task has no output' }) }
          const charged = chargedFor(task)
          return {
            state: 'succeeded',
            outputs,
            charge:
              charged.charged === 'unknown'
                ? { amountMicroUsd, basis: 'price-list' }
                : { amountMicroUsd: charged.charged === 'yes' ? charged.amountMicroUsd : 0, basis: 'vendor' },
          }
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
    async cancel(remote) {
      const { taskId } = read.ref.parse(remote)
      const signal = AbortSignal.timeout(30_000)
      const task = await taskOf(taskId, signal)
      if (task === 'unknown') return stopped.has(taskId) ? 'stopped' : 'unknown'
      if (task.status === 'CANCELLED') return 'stopped'
      if (task.status === 'SUCCEEDED' || task.status === 'FAILED') return 'too_late'
      // Remembered before it is sent: its answer may be lost, and the task then is gone all the same.
      const [oldest] = stopped
      if (oldest !== undefined && stopped.size >= MAX_STOPPED) stopped.delete(oldest)
      stopped.add(taskId)
      const answer = await api.ask(`/v1/tasks/${encodeURIComponent(taskId)}`, { method: 'DELETE', signal })
      await answer.text()
      if (answer.status < 300) return 'stopped'
      stopped.delete(taskId)
      return 'unknown'
    },
  }
}

const MIME_TYPES = { video: 'video/mp4', speech: 'audio/mpeg', sound: 'audio/mpeg' } as const

/** Told as 0 to 1 as far as is known; a percentage is understood as well. */
function fractionOf(progress: number | null | undefined): number | null {
  if (progress === null || progress === undefined || !Number.isFinite(progress)) return null
  return Math.min(1, Math.max(0, progress > 1 ? progress / 100 : progress))
}

function cancelled(charged: ReturnType<typeof chargedFor>): TakeStatus {
  return { state: 'cancelled', outcome: { class: 'cancelled', detail: 'The task was stopped at Runway.', retry: 'never', ...charged } }
}

function lost(taskId: string): TakeStatus {
  const problem = new SluiceError('take_lost', `Runway no longer knows task ${taskId}, and it was not stopped from here.`)
  return { state: 'lost', outcome: outcomeOf(problem, { charged: 'unknown' }) }
}
