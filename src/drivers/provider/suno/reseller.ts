import { z } from 'zod'
import { SluiceError } from '../../../domain/errors.ts'
import type { TakeOutput } from '../../../domain/take.ts'
import type { TakeStatus } from '../../../ports/provider.ts'
import { throttled, type VendorApi } from '../../http/vendor-api.ts'
import { Callback, Envelope, Task, TaskTaken, wordsOf } from './api.ts'
import { answerLost, failureOf, lostOutcome, refusalOf } from './errors.ts'
import type { Shape } from './shape.ts'

const Ref = z.object({ id: z.string() })

/** Some resellers insist on an address to tell of the end. This one never leads anywhere (RFC 6761); we ask instead. */
const NOWHERE = 'https://sluice.invalid/'

/** sunoapi.org and those who copied it: a task of two songs. HTTP says 200 to nearly everything; `code` tells. */
export function resellerShape(api: VendorApi, instrumental: boolean): Shape {
  return {
    async order({ prompt }, model, { signal, webhookUrl }) {
      const answer = await api.order('api/v1/generate', {
        body: { prompt, customMode: false, instrumental, model, callBackUrl: webhookUrl ?? NOWHERE },
        signal,
      })
      if (answer.status >= 400) {
        const { code = answer.status, message } = wordsOf(await answer.text())
        throw refusalOf(code, message, answer)
      }
      const read = Envelope.safeParse(await answer.json())
      if (!read.success) throw answerLost(z.prettifyError(read.error))
      const { code, msg, data } = read.data
      // As for an HTTP status: nobody knows how far it came.
      if (code === 408 || code === 500) throw answerLost(`it answered ${code}: ${msg ?? ''}`)
      if (code !== 200) throw refusalOf(code, msg ?? '', answer)
      const taken = TaskTaken.safeParse(data)
      if (!taken.success) throw answerLost(z.prettifyError(taken.error))
      return { id: taken.data.taskId }
    },

    async status(ref, { signal }) {
      const read = Ref.safeParse(ref)
      if (!read.success) return { state: 'lost', outcome: lostOutcome('The reference is not one of the reseller') }
      const answer = await api.ask('api/v1/generate/record-info', { query: { taskId: read.data.id }, signal })
      if (answer.status === 404) return { state: 'lost', outcome: lostOutcome('The reseller does not know the task') }
      if (answer.status >= 400) throw refusalOf(answer.status, wordsOf(await answer.text()).message, answer)
      const envelope = Envelope.safeParse(await answer.json())
      if (!envelope.success) throw unreadable(envelope.error)
      const { code, msg, data } = envelope.data
      if (code === 404 || ((code === 200 || code === 422) && data == null))
        return { state: 'lost', outcome: lostOutcome(`The reseller does not know the task${msg ? `: ${msg}` : ''}`) }
      if (code === 405 || code === 429 || code === 430) throw throttled('Suno', answer)
      if (code !== 200) throw refusalOf(code, msg ?? '', answer)
      const task = Task.safeParse(data)
      if (!task.success) throw unreadable(task.error)
      return statusOf(task.data)
    },

    adopt: (id) => ({ id }),

    /**
     * Not signed by sunoapi.org. What makes it believable is the address, which names the take and is known to the reseller
     * alone; it says nothing but that it is time to ask for the task it names, which must be the take's.
     */
    async webhook(_headers, rawBody) {
      const read = Callback.safeParse(parsed(rawBody))
      if (!read.success) throw new SluiceError('webhook_invalid', 'The webhook does not name a task of the reseller.')
      const { callbackType, task_id } = read.data.data
      return { dedupeKey: `${task_id}:${callbackType}`, ref: { id: task_id } }
    },
  }
}

/**
 * Two songs are made; the take is the first that has its audio once the task has ended. `FIRST_SUCCESS`: one of them is done.
 * `CALLBACK_EXCEPTION` is their trouble with our address, not the end of the songs: they are done when each has its audio.
 */
function statusOf({ status, errorCode, errorMessage, response }: Task): TakeStatus {
  const songs = response?.sunoData ?? []
  const done = songs.filter(({ audioUrl }) => audioUrl)
  const outputs: TakeOutput[] = done
    .slice(0, 1)
    .map(({ audioUrl }) => ({ role: 'media', mimeType: 'audio/mpeg', locator: audioUrl as string }))
  const code = errorCode == null || errorCode === '' ? undefined : Number(errorCode)
  switch (status) {
    case 'PENDING':
      return { state: 'queued' }
    case 'SUCCESS':
      if (outputs.length > 0) return { state: 'succeeded', outputs }
      return { state: 'failed', outcome: failureOf(errorMessage || 'the task ended without a song', code) }
    case 'CALLBACK_EXCEPTION':
      return outputs.length > 0 && done.length === songs.length ? { state: 'succeeded', outputs } : { state: 'running', progress: null }
    case 'SENSITIVE_WORD_ERROR':
      return { state: 'failed', outcome: failureOf(`sensitive words: ${errorMessage ?? ''}`, code) }
    case 'CREATE_TASK_FAILED':
    case 'GENERATE_AUDIO_FAILED':
      // One of the two songs is worth its money.
      if (outputs.length > 0) return { state: 'succeeded', outputs }
      return { state: 'failed', outcome: failureOf(errorMessage || status, code) }
    default:
      return { state: 'running', progress: null }
  }
}

function parsed(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(rawBody))
  } catch {
    return undefined
  }
}

function unreadable(error: z.ZodError): SluiceError {
  return new SluiceError('provider_unavailable', `The reseller answered in another form than it documents: ${z.prettifyError(error)}`)
}
