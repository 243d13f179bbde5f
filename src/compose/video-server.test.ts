import { afterAll, expect, test } from 'vitest'
import { createNetwork } from '../drivers/http/network.ts'
import type { Provider } from '../ports/provider.ts'
import { loadConfig } from './config.ts'
import { createVendors } from './providers.ts'

const network = createNetwork()
afterAll(() => network.close())

const vendorsOf = (env: Record<string, string>): Provider[] => createVendors(loadConfig(env), network)
const at = { SLUICE_VIDEOS_URL: 'http://127.0.0.1:4000/v1' }
const clip = { kind: 'video', prompt: 'a', durationSeconds: 4, width: 1280, height: 720, fps: 24, seed: 1 } as const

test('LiteLLM makes what is listed, at the prices of the list, as of today', () => {
  const models = 'sora-2=100000,vertex_ai/veo-3.1:fast=400000'
  const [provider] = vendorsOf({ ...at, SLUICE_VIDEOS_FLAVOUR: 'litellm', SLUICE_VIDEOS_MODELS: models })
  expect(provider?.capabilities.models).toMatchObject([{ id: 'sora-2' }, { id: 'vertex_ai/veo-3.1:fast' }])
  expect(provider?.quote(clip).amountMicroUsd).toBe(400_000)
  const today = new Date().toISOString().slice(0, 10)
  expect(provider?.quote({ ...clip, model: 'vertex_ai/veo-3.1:fast' })).toMatchObject({
    amountMicroUsd: 1_600_000,
    basis: `litellm:${today}`,
  })
})

test('a server of your own makes whatever is named for nothing, or what is listed for its price', () => {
  const [any] = vendorsOf(at)
  expect(any?.quote({ ...clip, model: 'whatever' }).amountMicroUsd).toBe(0)
  const [listed] = vendorsOf({ ...at, SLUICE_VIDEOS_FLAVOUR: 'sglang', SLUICE_VIDEOS_MODELS: 'Wan-AI/Wan2.1=5' })
  expect(listed?.quote({ ...clip, model: 'Wan-AI/Wan2.1' }).amountMicroUsd).toBe(20)
  expect(() => listed?.quote({ ...clip, model: 'whatever' })).toThrow(expect.objectContaining({ code: 'provider_cannot', field: 'model' }))
})

test('LiteLLM without its models is told what is missing', () => {
  expect(() => vendorsOf({ ...at, SLUICE_VIDEOS_FLAVOUR: 'litellm' })).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: 'SLUICE_VIDEOS_FLAVOUR is litellm, but SLUICE_VIDEOS_MODELS is not set.',
      fix: expect.stringContaining('sora-2=100000'),
    }),
  )
})

test.each([
  ['sora-2', /SLUICE_VIDEOS_MODELS is "sora-2"; it must be like sora-2=100000,veo-3=400000/],
  ['sora-2=0.1', /must be like/],
  ['sora-2=100000;veo-3=400000', /must be like/],
  ['sora-2=-1', /must be like/],
  ['=100000', /must be like/],
  ['sora-2=100000,sora-2=200000', /it names something twice/],
])('%s is no list of models', (models, problem) => {
  expect(() => loadConfig({ SLUICE_VIDEOS_MODELS: models })).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(problem) }),
  )
})
