import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNetwork } from '../drivers/http/network.ts'
import { loadConfig } from './config.ts'
import { examineGuardrails } from './examine-guardrails.ts'
import { createGuardrails } from './guardrails.ts'
import { createLogger } from './logger.ts'
import { pluginsFolder } from './package-files.ts'

let plugins: string
beforeAll(async () => {
  plugins = await mkdtemp(join(tmpdir(), 'sluice-plugins-'))
  for (const name of ['pictures', 'screen-text'])
    await cp(join(pluginsFolder, name), join(plugins, name), { recursive: true, filter: (path) => !path.includes('node_modules') })
})
afterAll(() => rm(plugins, { recursive: true, force: true }))

const configOf = (variables: Record<string, string>) => loadConfig({ SLUICE_PLUGINS: plugins, ...variables })
const look = (variables: Record<string, string>) =>
  examineGuardrails(configOf(variables)).map(
    ({ what, state, found, fix }) => `${state} ${what}: ${found}${fix === undefined ? '' : ` -> ${fix}`}`,
  )

/** Starts them as the server does, and lets go of them. */
async function start(variables: Record<string, string>): Promise<void> {
  const network = createNetwork()
  try {
    const blockLists = { get: async () => ({ entries: [], updatedAt: null }), set: async () => {} }
    await createGuardrails(configOf(variables), { network, blockLists, log: createLogger('silent') }).close()
  } finally {
    await network.close()
  }
}

test('without any, says how to get one; the server starts', async () => {
  expect(look({})).toEqual([
    'optional guardrails: only the block lists of tenants -> Set SLUICE_MODERATORS: docs/how-it-works/guardrails.md.',
  ])
  await start({})
})

test('OpenAI needs a key, or the lab; without, the server does not start', async () => {
  expect(look({ SLUICE_MODERATORS: 'openai' })).toEqual(['missing moderator openai: there is no key for it -> Set SLUICE_OPENAI_KEY.'])
  await expect(start({ SLUICE_MODERATORS: 'openai' })).rejects.toMatchObject({ code: 'config_invalid', fix: 'Set SLUICE_OPENAI_KEY.' })
  for (const access of [{ SLUICE_OPENAI_KEY: 'key' }, { SLUICE_LAB_URL: 'http://127.0.0.1:8790' }]) {
    expect(look({ SLUICE_MODERATORS: 'openai', ...access })).toEqual(['ok moderator openai: texts and pictures'])
    await start({ SLUICE_MODERATORS: 'openai', ...access })
  }
})

test.each([
  [{ SLUICE_MODERATORS: 'nsfwjs' }, 'moderator nsfwjs', 'SLUICE_MODERATORS', 'pictures', 'nsfwjs'],
  [{ SLUICE_TEXT_READER: 'tesseract' }, 'text reader tesseract', 'SLUICE_TEXT_READER', 'screen-text', 'tesseract.js'],
])('%j needs its plug-in, and says which line installs it', async (variables, what, setting, name, lacking) => {
  const line = `npm ci --prefix ${join(plugins, name)}`
  expect(look(variables)).toEqual([expect.stringMatching(`^missing ${what}: not installed: .*${lacking} -> ${line}$`)])
  await expect(start(variables)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(`^${setting} needs the plug-in ${name}; not installed: `),
    fix: line,
  })
  const elsewhere = { ...variables, SLUICE_PLUGINS: join(plugins, 'elsewhere') }
  await mkdir(elsewhere.SLUICE_PLUGINS, { recursive: true })
  expect(look(elsewhere)).toEqual([expect.stringMatching(/there is no plug-in at .*elsewhere.* -> .*SLUICE_PLUGINS/)])
})

test('settings that name nobody are refused in words', () => {
  expect(() => configOf({ SLUICE_MODERATORS: 'openai,nobody' })).toThrow('must be openai, nsfwjs, or both with a comma')
  expect(() => configOf({ SLUICE_TEXT_READER: 'nobody' })).toThrow('must be tesseract')
})
