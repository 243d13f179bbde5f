import { expect, onTestFinished, test } from 'vitest'
import { traceSink } from '../../test/helpers/trace-sink.ts'
import { loadConfig } from './config.ts'
import { examineTraces } from './examine-traces.ts'

test('the doctor says whether the collector takes traces, without a password, and nothing where there is none', async () => {
  const sink = await traceSink()
  onTestFinished(() => sink.close())
  const look = (endpoint?: string) => examineTraces(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }))
  const withPassword = sink.url.replace('http://', 'http://me:hunter2@')
  expect(await look(withPassword)).toEqual([{ what: 'traces', state: 'ok', found: `taken by ${sink.url}` }])
  expect(sink.spans).toEqual([])
  const [finding] = await look(`${withPassword}/elsewhere`)
  expect(finding).toMatchObject({ state: 'optional', found: expect.stringMatching(/does not take them: Not Found; they are lost$/) })
  expect(JSON.stringify(finding)).not.toContain('hunter2')
  expect(() => loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'me:hunter2@host' })).toThrow(/^OTEL_EXPORTER_OTLP_ENDPOINT must (?!.*hunter2)/)
  expect(await look()).toEqual([])
})

test('a sampler that is none, and a share that is none, are refused', () => {
  expect(() => loadConfig({ OTEL_TRACES_SAMPLER: 'sometimes', OTEL_TRACES_SAMPLER_ARG: '5%' })).toThrow(
    /OTEL_TRACES_SAMPLER is "sometimes"; it must be always_on, [\s\S]*OTEL_TRACES_SAMPLER_ARG is "5%"; it must be a number from 0 to 1/,
  )
})
