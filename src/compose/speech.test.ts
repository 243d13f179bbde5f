import { expect, test } from 'vitest'
import { createNetwork } from '../drivers/http/network.ts'
import type { Logger } from '../ports/logger.ts'
import { loadConfig } from './config.ts'
import { createSpeech } from './speech.ts'

const silent = () => {}
const log: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => log }

async function made(env: Record<string, string>) {
  await using network = { ...createNetwork(), [Symbol.asyncDispose]: () => network.close() }
  const speech = createSpeech(loadConfig(env), network, log)
  await speech?.close?.()
  return speech
}

test('somebody listens, unless that is switched off', async () => {
  expect(await made({})).not.toBeNull()
  expect(await made({ SLUICE_TRANSCRIBER: 'openai', SLUICE_TRANSCRIBER_URL: 'http://127.0.0.1:9000/v1' })).not.toBeNull()
  expect(await made({ SLUICE_TRANSCRIBER: 'openai', SLUICE_OPENAI_KEY: 'key' })).not.toBeNull()
  expect(await made({ SLUICE_TRANSCRIBER: 'elevenlabs', SLUICE_ELEVENLABS_KEY: 'key' })).not.toBeNull()
  expect(await made({ SLUICE_TRANSCRIBER: 'off' })).toBeNull()
})

test('a transcriber that nobody can reach is a mistake of the configuration', async () => {
  for (const SLUICE_TRANSCRIBER of ['openai', 'elevenlabs'])
    await expect(made({ SLUICE_TRANSCRIBER })).rejects.toMatchObject({ code: 'config_invalid', fix: expect.stringMatching(/_KEY/) })
})
