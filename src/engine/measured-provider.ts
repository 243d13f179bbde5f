import { asSluiceError } from '../domain/errors.ts'
import { type OutcomeClass, outcomeOf } from '../domain/outcome.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Provider } from '../ports/provider.ts'

type Operation = 'start' | 'status' | 'fetch' | 'cancel' | 'reconcile'

/** How often at most a failure is told; thousands may fail in a second. */
const TELL_EVERY_MS = 5_000

/**
 * The provider, with every call that leaves this process timed and its outcome told.
 * @param failed told of failures that are the provider's, a few at most
 */
export function measuredProvider(provider: Provider, metrics: Metrics, failed?: (provider: string, as: OutcomeClass) => void): Provider {
  const { id, cancel, reconcile } = provider
  let toldAtMs = Number.NEGATIVE_INFINITY

  function tell(as: OutcomeClass): void {
    // What was refused of a user's input says nothing of the provider.
    if (as === 'refused_input' || performance.now() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = performance.now()
    failed?.(id, as)
  }

  async function measured<T>(operation: Operation, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const begun = performance.now()
    let outcome = 'answered'
    try {
      return await call()
    } catch (error) {
      // We hung up: that says nothing of the provider.
      const { class: as } = outcomeOf(asSluiceError(error))
      outcome = signal?.aborted ? 'cancelled' : as
      if (!signal?.aborted) tell(as)
      throw error
    } finally {
      metrics.observe('sluice_provider_call_seconds', { provider: id, operation, outcome }, (performance.now() - begun) / 1000)
    }
  }

  return {
    ...provider,
    start: (request, context) => measured('start', () => provider.start(request, context), context.signal),
    status: (ref, context) => measured('status', () => provider.status(ref, context), context.signal),
    fetch: (output, context) => measured('fetch', () => provider.fetch(output, context), context.signal),
    ...(cancel && { cancel: (ref) => measured('cancel', () => cancel(ref)) }),
    ...(reconcile && { reconcile: (intent, context) => measured('reconcile', () => reconcile(intent, context), context.signal) }),
  }
}
