import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'
import { examineProviders } from './examine-providers.ts'

async function look(variables: Record<string, string>, day = '2026-11-22') {
  const findings = await examineProviders(loadConfig(variables), new Date(day))
  return findings.map(({ what, state, found, fix }) => `${state} ${what}: ${found}${fix === undefined ? '' : ` -> ${fix}`}`)
}

test('without any, says how to get one', async () => {
  expect(await look({})).toEqual([expect.stringMatching(/^optional providers: only the local one -> .*SLUICE_LAB_URL/)])
})

test('names each that is configured, with what it makes, and never its key', async () => {
  const lines = await look({ SLUICE_RUNWAY_KEY: 'key_do_not_tell', SLUICE_FAL_KEY: 'fal_do_not_tell' })
  expect(lines).toEqual([
    expect.stringMatching(/^ok provider runway: video, speech, sound; \d+ models$/),
    expect.stringMatching(/^ok provider fal: /),
    expect.stringMatching(/^optional provider fal: no webhooks.*cannot be found -> Set SLUICE_PUBLIC_URL and SLUICE_HOOK_SECRET\.$/),
  ])
  expect(lines.join('\n')).not.toContain('do_not_tell')
})

test('says which models end soon, and what came to its end', async () => {
  const openai = { SLUICE_OPENAI_KEY: 'key' }
  const ends = (lines: string[]) => lines.filter((line) => line.includes('tts-1 '))
  expect(ends(await look(openai, '2026-10-01'))).toEqual([])
  expect(ends(await look(openai, '2026-11-22'))).toEqual([expect.stringContaining('tts-1 is offered until 2027-01-06')])
  expect(ends(await look(openai, '2027-01-07'))).toEqual([expect.stringContaining('tts-1 was offered until 2027-01-06')])
})

test('webhooks of an account need their secret once this server can be reached', async () => {
  const reachable = {
    SLUICE_ELEVENLABS_KEY: 'key',
    SLUICE_PUBLIC_URL: 'https://media.example/',
    SLUICE_HOOK_SECRET: 'a secret of some length',
  }
  expect(await look(reachable)).toContainEqual(
    expect.stringMatching(/no webhooks.*https:\/\/media\.example\/hooks\/elevenlabs and set SLUICE_ELEVENLABS_HOOK_SECRET/),
  )
  expect((await look({ ...reachable, SLUICE_ELEVENLABS_HOOK_SECRET: 'secret' })).join()).not.toContain('no webhooks')
})

test('says what is only half configured', async () => {
  expect(await look({ SLUICE_VERTEX_PROJECT: 'news' })).toEqual([expect.stringContaining('Set SLUICE_VERTEX_TOKEN_FILE')])
  expect(await look({ SLUICE_VERTEX_PROJECT: 'news', SLUICE_VERTEX_TOKEN_FILE: '/does/not/exist' })).toContainEqual(
    expect.stringContaining('/does/not/exist cannot be read'),
  )
  expect(await look({ SLUICE_VIDEOS_MODELS: 'sora-2=100000' })).toEqual([expect.stringContaining('Set SLUICE_VIDEOS_URL')])
  expect(await look({ SLUICE_SUNO_KEY: 'key' })).toEqual([expect.stringContaining('Set SLUICE_SUNO to')])
  expect(await look({ SLUICE_IN_FLIGHT: 'runwya=2', SLUICE_RUNWAY_KEY: 'key' })).toContainEqual(expect.stringContaining('provider runwya'))
})
