import { SluiceError } from '../../domain/errors.ts'
import type { Logger } from '../../ports/logger.ts'

/** What came of asking somebody. */
export type Attempt<T> = { answer: T } | { failure: string }

/** Asks somebody who may be down, slow or confused, and says what came of it instead of throwing. */
export interface Attempts {
  /** Throws only the reason of the signal, once that is aborted. */
  ask<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Attempt<T>>
}

/** Failures in a row after which nobody is asked any more: what is down stays down for a while, and somebody waits. */
const MAX_FAILURES = 3
/** Before the one more try that an error may advise, in milliseconds; longer ones it asks for are not waited for. */
const PAUSE_MS = 500
const MAX_PAUSE_MS = 2_000

/**
 * @param id of whom is asked, for the words of a failure
 * @param limitMs how long one answer may take; it is not waited for any longer, also when the work does not heed its signal
 */
export function createAttempts(id: string, limitMs: number, log: Logger): Attempts {
  let failures = 0

  const within = <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)])
    return Promise.race([work(limited), aborted(limited)])
  }

  const failureOf = (error: unknown): string => {
    if (error instanceof DOMException && error.name === 'TimeoutError') return `${id} did not answer within ${limitMs / 1_000} s`
    return `${id}: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}`
  }

  return {
    async ask(work, signal) {
      if (failures >= MAX_FAILURES) return { failure: `${id} failed ${MAX_FAILURES} times in a row and is not asked any more` }
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted()
        try {
          const answer = await within(work, signal)
          failures = 0
          return { answer }
        } catch (error) {
          signal.throwIfAborted()
          const pauseMs = SluiceError.is(error) && error.retry === 'same' ? (error.retryAfterMs ?? PAUSE_MS) : Number.POSITIVE_INFINITY
          if (tries === 1 && pauseMs <= MAX_PAUSE_MS) {
            await pause(pauseMs, signal)
            continue
          }
          failures++
          log.warn({ err: error, id }, 'a guardrail could not look')
          return { failure: failureOf(error) }
        }
      }
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([over, aborted(signal)]).finally(() => clearTimeout(timer))
}
