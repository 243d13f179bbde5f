import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLab, type RunningLab } from '../../../src/lab/create-lab.ts'
import { labVendors } from '../../../src/lab/vendors/index.ts'
import type { JobInput, JobView } from '../../../src/wire/jobs.ts'
import type { TakeView } from '../../../src/wire/spend.ts'
import { type Server, startServer } from '../../helpers/server.ts'
import { type Api, createApi } from '../api.ts'
import { decideOrders, worksOf } from '../operator.ts'
import { seeded } from '../seeded.ts'
import { createSubmitter } from '../submitter.ts'

const JOBS_AT_ONCE = 4
const LIFE_MS = { least: 200, most: 2_000 }
const SETTLE_MS = 600_000

/** One vendor that can be asked by nothing, one by webhook, one by list, and one whose answer is the output itself. */
const sound = { kind: 'sound' as const, durationSeconds: 1, formats: ['hls' as const] }
const orders: JobInput[] = [
  { ...sound, prompt: 'a bell', providers: ['runway/eleven_text_to_sound_v2'] },
  { ...sound, prompt: 'a door', providers: ['fal/beatoven/sound-effect-generation'] },
  { ...sound, prompt: 'a drum', providers: ['elevenlabs/eleven_text_to_sound_v2'] },
]

export interface KillResult {
  kills: number
  jobs: number
  takes: number
  chargedTwice: number
  paidOutputsLost: number
  faults: string[]
  labMicroUsd: number
  ledgerMicroUsd: number
  decided: number
}

/** Kills a real server at random moments while it orders from the lab, and holds its ledger against the lab's own book. */
export async function killRounds(options: { kills: number; seed: number; say: (line: string) => void }): Promise<KillResult> {
  const random = seeded(options.seed)
  const dataFolder = await mkdtemp(join(tmpdir(), 'sluice-spend-'))
  const lab = await createLab({
    vendors: labVendors,
    speed: 200,
    seed: options.seed,
    dials: { 'lost-reply': 0.05, 'truncated-body': 0.1, 'webhook-never': 0.2, 'webhook-double': 0.2 },
  })
  const port = await freePort()
  const env = {
    SLUICE_LAB_URL: lab.url,
    SLUICE_PORT: String(port),
    SLUICE_PUBLIC_URL: `http://127.0.0.1:${port}`,
    SLUICE_HOOK_SECRET: 'only for these rounds',
    SLUICE_LOG: 'error',
    SLUICE_ORDER_SEARCH_MS: '30000',
  }
  const start = () => startServer(dataFolder, env, ['--port', String(port)])
  const submitter = createSubmitter(JOBS_AT_ONCE, random, orders)
  let server: Server | null = null
  let decided = 0
  try {
    for (let kill = 1; kill <= options.kills; kill++) {
      server = await start()
      const { url } = server
      submitter.feed(url)
      await sleep(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least))
      submitter.pause()
      if (kill % 5 === 0)
        decided += await decideOrders(
          createApi(() => url),
          submitter.accepted,
          lab,
        ).catch(() => 0)
      await server.kill({ database: false })
      server = null
      if (kill % 25 === 0) options.say(`${kill} kills, ${submitter.accepted.size} jobs accepted, ${lab.book.entries().length} charges`)
    }
    server = await start()
    await submitter.confirm(server.url)
    const settled = { done: false }
    const { url } = server
    const api = createApi(() => url)
    const deciding = (async () => {
      while (!settled.done) {
        decided += await decideOrders(api, submitter.accepted, lab)
        await sleep(1_000)
      }
    })()
    const faults = await submitter.untilEnded(server.url, SETTLE_MS)
    settled.done = true
    await deciding
    const result = await audit(api, submitter.accepted, lab)
    await server.stop()
    server = null
    return { ...result, kills: options.kills, faults: [...faults, ...result.faults], decided }
  } finally {
    await server?.kill({ database: true })
    await lab.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

async function audit(api: Api, accepted: ReadonlySet<string>, lab: RunningLab): Promise<Omit<KillResult, 'kills' | 'decided'>> {
  const result = {
    jobs: accepted.size,
    takes: 0,
    chargedTwice: 0,
    paidOutputsLost: 0,
    faults: [] as string[],
    labMicroUsd: 0,
    ledgerMicroUsd: 0,
  }
  for (const id of accepted) {
    const job = await api.get<JobView>(`/v1/jobs/${id}`)
    const { takes } = await api.get<{ takes: TakeView[] }>(`/v1/jobs/${id}/takes`)
    const works = worksOf(lab, String(job.request['prompt']))
    result.takes += takes.length
    if (works.length > takes.length) result.chargedTwice++
    result.labMicroUsd += works.reduce((sum, { chargedMicroUsd }) => sum + chargedMicroUsd, 0)
    result.ledgerMicroUsd += takes.reduce((sum, { cost }) => sum + (cost?.state === 'settled' ? cost.amountMicroUsd : 0), 0)
    for (const take of takes) {
      if (take.cost?.state === 'reserved') result.faults.push(`${take.id} of ${id} still holds a reservation`)
    }
    // An answer that is the output itself is gone with the process that was reading it; every other paid output can be fetched.
    const fetchable = takes.some(({ provider }) => provider !== 'elevenlabs')
    if (fetchable && works.length > 0 && !takes.some(({ state }) => state === 'accepted' || state === 'rejected')) {
      result.paidOutputsLost++
      result.faults.push(
        `${id}: ${job.state}, ${takes.map((take) => `${take.provider} ${take.state} ${take.outcome?.detail ?? ''}`).join('; ')}`,
      )
    }
  }
  return result
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as import('node:net').AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
