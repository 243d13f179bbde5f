import { asSluiceError } from '../domain/errors.ts'
import { outcomeOf } from '../domain/outcome.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Provider } from '../ports/provider.ts'

type Operation = 'start' | 'status' | 'fetch' | 'cancel' | 'reconcile'

/** The provider, with every call that leaves this process timed and its outcome told. */
export function measuredProvider(provider: Provider, metrics: Metrics): Provider {
  const { id, cancel, reconcile } = provider

  async function measured<T>(operation: Operation, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const begun = performance.now()
    let outcome = 'answered'
    try {
      return await call()
    } catch (error) {
      // We hung up: that says nothing of the provider.
      outcome = signal?.aborted ? 'cancelled' : outcomeOf(asSluiceError(error)).class
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
