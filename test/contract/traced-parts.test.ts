import { expect, onTestFinished, test } from 'vitest'
import { SluiceError } from '../../src/domain/errors.ts'
import type { TakeId } from '../../src/domain/ids.ts'
import type { TakeOutput } from '../../src/domain/take.ts'
import type { QualityProfile } from '../../src/domain/verdict.ts'
import { createOpenTelemetryTracer } from '../../src/drivers/tracer/opentelemetry/tracer.ts'
import { tracedProvider } from '../../src/engine/traced-provider.ts'
import { tracedSpeech } from '../../src/engine/traced-speech.ts'
import type { Intent, Provider } from '../../src/ports/provider.ts'
import type { ReadContext, VoiceRecording } from '../../src/ports/script-reader.ts'
import type { Tracer } from '../../src/ports/tracer.ts'
import { type TraceSink, traceSink } from '../helpers/trace-sink.ts'

function tracerTo({ url }: TraceSink): Tracer {
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
  return createOpenTelemetryTracer({ endpoint: url, serviceName: 'test', version: '0.0.0', sampler: 'always_on', samplerRatio: 1, log })
}

test('a download is one span until its last byte, breaks with it, and ends when nobody reads on; what is looked for and called off has one too', async () => {
  const sink = await traceSink()
  onTestFinished(() => sink.close())
  const tracer = tracerTo(sink)
  let breaks = false
  async function* bytes() {
    yield new Uint8Array(3)
    if (breaks) throw new SluiceError('provider_unavailable', 'the connection broke')
    yield new Uint8Array(4)
  }
  const provider = tracedProvider(
    {
      id: 'acme',
      capabilities: { kinds: ['video'] },
      fetch: async () => ({ stream: bytes(), fromByte: 0, sizeBytes: 7 }),
      cancel: async () => 'stopped',
      reconcile: async () => 'absent',
    } as unknown as Provider,
    tracer,
  )
  const output: TakeOutput = { role: 'media', mimeType: 'video/mp4', locator: 'https://cdn.example/a.mp4?token=secret' }
  const { signal } = new AbortController()
  const read = async (most: number) => {
    let count = 0
    for await (const _ of (await provider.fetch(output, { signal })).stream) if (++count === most) break
  }

  await read(2)
  await read(1)
  breaks = true
  await expect(read(2)).rejects.toThrow('the connection broke')
  expect(await provider.cancel?.({ id: '1' })).toBe('stopped')
  expect(await provider.reconcile?.({ takeId: 'tak_1' as TakeId } as Intent, { signal })).toBe('absent')
  await tracer.close()
  expect(sink.spans.map(({ name, failed, attributes }) => [name, failed, attributes['sluice.output.received_bytes']])).toEqual([
    ['provider fetch', false, 7],
    ['provider fetch', false, 3],
    ['provider fetch', true, 3],
    ['provider cancel', false, undefined],
    ['provider reconcile', false, undefined],
  ])
  expect(sink.text()).not.toContain('secret')
})

test('a voice that is listened to is a span, which says whether anybody could and not what was said', async () => {
  const sink = await traceSink()
  onTestFinished(() => sink.close())
  const tracer = tracerTo(sink)
  const deaf = { judge: async () => ({ verdicts: [], sentences: [], reading: null }) }
  const { signal } = new AbortController()
  const [profile, recording] = [{} as QualityProfile, {} as VoiceRecording]
  await tracedSpeech(deaf, tracer).judge(profile, recording, 'Words nobody heard.', { signal } as ReadContext)
  await tracer.close()
  expect(sink.spans).toMatchObject([{ name: 'check speech', failed: false, attributes: { 'sluice.heard': false } }])
  expect(sink.text()).not.toContain('Words')
})
