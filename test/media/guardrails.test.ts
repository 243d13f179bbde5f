import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type JobSnapshot } from '../../src/client/index.ts'
import { type App, startApp } from '../../src/compose/app.ts'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { LANES } from '../../src/domain/step.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { openai } from '../../src/lab/vendors/openai.ts'
import type { BlockListView } from '../../src/wire/block-list.ts'
import type { JobInput, ReportView } from '../../src/wire/jobs.ts'
import type { TakeList } from '../../src/wire/spend.ts'
import { scriptedProvider } from '../helpers/scripted-provider.ts'

/** Prompts are looked at over the whole house, by the lab's OpenAI and a block list, before a provider hears of them. */
let app: App
let lab: RunningLab
let folder: string
let provider: ReturnType<typeof scriptedProvider>
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-guardrails-'))
  const takes = join(folder, 'takes')
  await mkdir(takes)
  provider = scriptedProvider(takes)
  lab = await createLab({ vendors: [openai] })
  const config = loadConfig({
    SLUICE_DATA: join(folder, 'data'),
    SLUICE_PORT: '0',
    SLUICE_MODERATORS: 'openai',
    SLUICE_OPENAI_KEY: 'key_test',
    SLUICE_OPENAI_URL: `${lab.url}/openai/v1`,
  })
  app = await startApp(config, { api: true, lanes: LANES, schedules: true }, createLogger('silent'), { provider })
  url = app.url ?? ''
})
beforeEach(() => provider.script([]))
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await lab?.close()
  await rm(folder, { recursive: true, force: true })
})

const get = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T
const music = (prompt: string, policy: JobInput['policy'] = {}): JobInput => ({
  kind: 'music',
  prompt,
  durationSeconds: 5,
  formats: ['hls'],
  policy,
})

/** Runs the job to its end; with what its report says of the prompt. */
async function run(input: JobInput) {
  const handle = await createClient({ baseUrl: url }).submit(input)
  await handle.wait({ timeoutMs: 60_000 }).catch(() => undefined)
  const job = handle.getSnapshot() as JobSnapshot
  const { verdicts } = await get<ReportView>(`/v1/jobs/${job.id}/report`)
  const { takes } = await get<TakeList>(`/v1/jobs/${job.id}/takes`)
  return { job, takes, prompt: verdicts.filter(({ check }) => check === 'prompt') }
}

async function setList(entries: string[]): Promise<void> {
  const response = await fetch(`${url}/v1/blocklist`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ entries }),
  })
  expect((await response.json()) as BlockListView).toMatchObject({ entries })
}

describe('a prompt', () => {
  it('that is flagged ends the job before anything is ordered, with its field, and without its words in the verdict', async () => {
    const { job, takes, prompt } = await run(music('a song about a murder'))
    expect(job).toMatchObject({
      state: 'failed',
      outcome: { class: 'refused_input', code: 'prompt_refused', field: 'prompt', retry: 'never', charged: 'no' },
      cost: { actualMicroUsd: 0 },
      playback: null,
    })
    expect(job.outcome?.detail).toMatch(/flagged: violence \(0\.97, openai\)/)
    expect(prompt).toMatchObject([{ verdict: 'fail', value: 0.97 }])
    expect(JSON.stringify(prompt)).not.toContain('murder')
    expect([takes, provider.orders]).toEqual([[], []])
  })

  it('with an entry of the block list is refused by its number', async () => {
    await setList(['frumi*', 'Zorgblatt'])
    const { job, prompt } = await run({ kind: 'speech', text: 'Here comes ZÖRGBLATT.', formats: ['hls'] })
    expect(job).toMatchObject({ state: 'failed', outcome: { code: 'prompt_refused', field: 'text' } })
    expect(prompt).toMatchObject([{ verdict: 'fail', value: 1, detail: expect.stringContaining('entry 2 (1, block-list)') }])
    expect(provider.orders).toEqual([])
    await setList([])
  })

  it('is only told of where the gate is off', async () => {
    const { job, prompt } = await run(music('a song about a murder', { gate: 'off' }))
    expect(job.state).toBe('succeeded')
    expect(prompt).toMatchObject([{ verdict: 'fail' }])
  })

  it('that could not be looked at is told, and made', async () => {
    const { job, prompt } = await run(music('a flute [lab:server-error=2]'))
    expect(job.state).toBe('succeeded')
    expect(prompt).toMatchObject([{ verdict: 'unknown', value: null, detail: expect.stringMatching(/openai: .*it answered 500/) }])
  })

  it('waits for a moderator that is down where nothing unknown may pass, and is made once it is back', async () => {
    const { job, prompt } = await run(music('a violin [lab:server-error=2]', { profile: 'strict' }))
    expect(job.state).toBe('succeeded')
    expect(prompt).toMatchObject([{ verdict: 'pass', detail: expect.stringContaining(', openai)') }])
    expect(provider.orders).toHaveLength(1)
  })
})
