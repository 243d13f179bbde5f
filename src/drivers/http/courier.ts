import { request } from 'undici'
import { SluiceError } from '../../domain/errors.ts'
import type { Courier, Receipt } from '../../ports/courier.ts'
import { isPublicUrl, type Network } from './network.ts'
import { retryAfterMs } from './retry-after.ts'
import { signStandardWebhook } from './standard-webhooks.ts'

/** From the first byte of the connection to the last of the answer. */
const TIMEOUT_MS = 15_000
/** An answer is read for what it says of a fault, no further. */
const MAX_ANSWER_BYTES = 4_096
/** Names that lead nowhere but to this machine (RFC 6761 section 6.3). */
const LOCAL_NAME = /(^|\.)localhost\.?$/

export interface CourierOptions {
  network: Network
  /** Whether to go to private addresses as well, and by http. */
  allowPrivate: boolean
  userAgent: string
  /** Default 15,000. */
  timeoutMs?: number
  /** What a message is signed as sent at. Default: this machine's clock. */
  now?: () => Date
}

/** Posts messages signed after Standard Webhooks. Redirects are not followed: an address that moved is a fault its owner mends. */
export function createCourier({
  network,
  allowPrivate,
  userAgent,
  timeoutMs = TIMEOUT_MS,
  now = () => new Date(),
}: CourierOptions): Courier {
  function check(text: string): void {
    const url = URL.parse(text)
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
      throw new SluiceError('address_refused', `${JSON.stringify(text)} is not an address a webhook can be sent to.`, {
        field: 'url',
        fix: 'Write it as https://app.example/webhooks/sluice, without a user name.',
      })
    if (allowPrivate || (isPublicUrl(url) && !LOCAL_NAME.test(url.hostname))) return
    throw new SluiceError('address_refused', `Webhooks are sent only by https to public addresses; ${url.origin} is not one.`, {
      field: 'url',
      fix: 'Use a public https address. For a receiver on your own machine or network, start Sluice with SLUICE_WEBHOOK_PRIVATE=true.',
    })
  }

  return {
    check,

    async deliver({ url, messageId, body, secrets, traceparent }, signal) {
      const begun = performance.now()
      const receipt = (told: Omit<Receipt, 'tookMs'>): Receipt => ({ ...told, tookMs: performance.now() - begun })
      const timeout = AbortSignal.timeout(timeoutMs)
      try {
        check(url)
        const answer = await request(url, {
          method: 'POST',
          dispatcher: allowPrivate ? network.trusted : network.guarded,
          signal: AbortSignal.any([signal, timeout]),
          headers: {
            'content-type': 'application/json',
            'user-agent': userAgent,
            ...signStandardWebhook(secrets, messageId, body, now().getTime()),
            ...(traceparent !== undefined && { traceparent }),
          },
          body,
        })
        const { statusCode: status, headers } = answer
        if (status >= 200 && status < 300) {
          // Taken: what else it says is drained beside, so that the connection can be used again.
          answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined)
          return receipt({ status, error: null, retryAfterMs: null })
        }
        const words = await beginningOf(answer.body)
        const asked = retryAfterMs({ headers: headers as Record<string, string | undefined> }) ?? null
        return receipt({ status, error: faultOf(status, headers['location'], words), retryAfterMs: asked })
      } catch (error) {
        signal.throwIfAborted()
        const why = timeout.aborted ? `No answer within ${timeoutMs / 1000} s.` : wordsOf(error)
        return receipt({ status: null, error: why, retryAfterMs: null })
      }
    },
  }
}

/** Reads no more than is looked at; the rest is not waited for. */
async function beginningOf(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    chunks.push(chunk as Uint8Array)
    sizeBytes += (chunk as Uint8Array).length
    if (sizeBytes >= MAX_ANSWER_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8').replaceAll(/\s+/g, ' ').trim()
}

function faultOf(status: number, location: string | string[] | undefined, words: string): string {
  if (status >= 300 && status < 400) return `It was redirected (${status}) to ${location ?? 'nowhere'}; redirects are not followed.`
  return `It was answered with ${status}${words === '' ? '.' : `: ${words}`}`
}

function wordsOf(error: unknown): string {
  if (SluiceError.is(error)) return [error.message, error.fix].filter(Boolean).join(' ')
  // A name with several addresses fails once for each.
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && first.message !== '' ? first.message : String(error)
}
