import type { GenerateRequest } from '../domain/generate.ts'
import { faultOf } from '../domain/trace.ts'
import type { CancelTruth, Provider, TakeBody } from '../ports/provider.ts'
import type { OpenSpan, SpanAttributes, Tracer } from '../ports/tracer.ts'

/**
 * The provider, with a span for every call that leaves this process; one for a download ends with its last byte. Nothing of the trace
 * goes to the vendor.
 */
export function tracedProvider(provider: Provider, tracer: Tracer): Provider {
  const { id, cancel, reconcile } = provider

  const options = (operation: string, attributes: SpanAttributes = {}, signal?: AbortSignal) => ({
    kind: 'client' as const,
    attributes: { 'gen_ai.provider.name': id, 'sluice.provider.operation': operation, ...attributes },
    ...(signal && { signal }),
  })

  async function fetch(...[output, context]: Parameters<Provider['fetch']>): Promise<TakeBody> {
    const { role, mimeType } = output
    const attributes = { 'sluice.output.role': role, 'sluice.output.mime_type': mimeType, 'sluice.output.from_byte': context.fromByte ?? 0 }
    const span = tracer.open('provider fetch', options('fetch', attributes, context.signal))
    try {
      const body = await span.within(() => provider.fetch(output, context))
      return { ...body, stream: spanned(span, body.stream) }
    } catch (error) {
      span.fail(faultOf(error))
      span.end()
      throw error
    }
  }

  return {
    ...provider,
    start: (request, context) =>
      tracer.span('provider start', options('start', orderOf(request, context.takeId), context.signal), () =>
        provider.start(request, context),
      ),
    status: (ref, context) =>
      tracer.span('provider status', options('status', {}, context.signal), async (span) => {
        const status = await provider.status(ref, context)
        span.set({ 'sluice.take.status': status.state })
        return status
      }),
    fetch,
    ...(cancel && {
      cancel: (ref): Promise<CancelTruth> => tracer.span('provider cancel', options('cancel'), () => cancel(ref)),
    }),
    ...(reconcile && {
      reconcile: (intent, context) =>
        tracer.span('provider reconcile', options('reconcile', { 'sluice.take.id': intent.takeId }, context.signal), () =>
          reconcile(intent, context),
        ),
    }),
  }
}

/** What is ordered, by the semantic conventions for generative AI; nothing of the prompt. */
function orderOf(request: GenerateRequest, takeId: string): SpanAttributes {
  return {
    'gen_ai.operation.name': 'generate_content',
    'gen_ai.output.type': request.kind,
    'gen_ai.request.model': 'model' in request ? request.model : undefined,
    'sluice.take.id': takeId,
  }
}

/** The bytes as they come. The span ends with them, or when nobody reads on. */
async function* spanned(span: OpenSpan, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let receivedBytes = 0
  try {
    for await (const chunk of bytes) {
      receivedBytes += chunk.length
      yield chunk
    }
  } catch (error) {
    span.fail(faultOf(error))
    throw error
  } finally {
    span.set({ 'sluice.output.received_bytes': receivedBytes })
    span.end()
  }
}
