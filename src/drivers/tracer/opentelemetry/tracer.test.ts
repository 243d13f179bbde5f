import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { traceSink } from '../../../../test/helpers/trace-sink.ts'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import { createOpenTelemetryTracer, type TracerOptions } from './tracer.ts'

const sampled = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'rojo=00f067aa0ba902b7' }
const unsampled = { traceparent: sampled.traceparent.replace(/01$/, '00') }

/** A tracer, and what its log says. */
function open(endpoint: string, change: Partial<TracerOptions> = {}) {
  const said: string[] = []
  const say = (_fields: object, message: string) => void said.push(message)
  const log: Logger = { debug: say, info: say, warn: say, error: say, child: () => log }
  const options = { endpoint, serviceName: 'test', version: '0.0.0', sampler: 'parentbased_always_on', samplerRatio: 1, log } as const
  return { tracer: createOpenTelemetryTracer({ ...options, ...change }), said }
}

async function sink() {
  const made = await traceSink()
  onTestFinished(() => made.close())
  return made
}

test('a span goes on in the trace it is given, with its state, and hands it on; what runs inside is below it', async () => {
  const { url, spans } = await sink()
  const { tracer } = open(url)
  const handedOn = await tracer.span('outer', { parent: sampled, attributes: { 'sluice.waited_ms': 12 } }, async (outer) => {
    await tracer.span('inner', {}, async () => tracer.current().event('told', { 'sluice.segment.index': 3 }))
    return outer.context
  })
  await tracer.close()
  const [inner, outer] = spans
  expect(handedOn).toEqual({ ...sampled, traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${outer?.spanId}-01` })
  expect(outer).toMatchObject({ name: 'outer', service: 'test', parentSpanId: '00f067aa0ba902b7', attributes: { 'sluice.waited_ms': 12 } })
  expect(inner).toMatchObject({
    parentSpanId: outer?.spanId,
    failed: false,
    events: [{ name: 'told', attributes: { 'sluice.segment.index': 3 } }],
  })
})

test('what went wrong is told by code and class, never in its words; what we broke off ourselves is no fault', async () => {
  const { url, spans, text } = await sink()
  const { tracer } = open(url)
  const refusal = async () => {
    throw new SluiceError('input_refused', 'the words of a user')
  }
  await expect(tracer.span('refused', {}, refusal)).rejects.toThrow('the words of a user')
  await expect(tracer.span('broken off', { signal: AbortSignal.abort() }, refusal)).rejects.toThrow()
  await tracer.close()
  expect(spans).toMatchObject([
    { failed: true, attributes: { 'error.type': 'input_refused', 'sluice.outcome': 'refused_input' } },
    { failed: false, attributes: { 'sluice.outcome': 'cancelled' } },
  ])
  expect(text()).not.toContain('the words of a user')
})

test('the caller decides what is kept, without one the sampler; what is not kept still hands its trace on, and a broken header begins one', async () => {
  const { url, spans } = await sink()
  const { tracer } = open(url, { sampler: 'parentbased_traceidratio', samplerRatio: 0 })
  const kept = tracer.open('of a caller who keeps', { parent: sampled })
  const passed = tracer.open('of a caller who does not', { parent: unsampled })
  const ours = tracer.open('of nobody', { parent: { traceparent: '00-not-a-trace-01' } })
  for (const span of [kept, passed, ours]) span.end()
  await tracer.close()
  expect(spans.map(({ name }) => name)).toEqual(['of a caller who keeps'])
  expect(passed.context?.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00$/)
  expect(ours.context?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
})

test('a collector that refuses or does not answer is told once, and holds nobody up', async () => {
  const mute = createServer(() => {})
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    mute.closeAllConnections()
    mute.close()
  })
  const waiting = open(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`, { closeWithinMs: 50 })
  waiting.tracer.open('never sent').end()
  await waiting.tracer.close()
  expect(waiting.said).toEqual(['the last spans could not be sent in time and are lost'])

  const { url } = await sink()
  const refusing = open(`${url}/elsewhere`)
  refusing.tracer.open('refused').end()
  await refusing.tracer.close()
  expect(refusing.said).toEqual(['spans could not be sent and are lost'])
})
