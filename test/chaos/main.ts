/**
 * Kills the server with SIGKILL at random moments over running jobs, restarts it on the same data folder, and at the end
 * looks whether every accepted job ended exactly once and nothing was left behind.
 *
 *   npm run chaos                 100 kills
 *   npm run chaos -- --kills 20 --seed 7
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Server, startServer } from '../helpers/server.ts'
import { createApi } from './api.ts'
import { audit } from './audit.ts'
import { seeded } from './seeded.ts'
import { createSubmitter } from './submitter.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } },
})
const kills = Number(values.kills)
const random = seeded(Number(values.seed))
/** Between two kills; short enough to hit starts and every step, long enough for jobs to get on. */
const LIFE_MS = { least: 150, most: 4_000 }
/** Jobs under way at any time. */
const JOBS_AT_ONCE = 3
const SETTLE_MS = 300_000

const dataFolder = await mkdtemp(join(tmpdir(), 'sluice-chaos-'))
const submitter = createSubmitter(JOBS_AT_ONCE, random)
const begun = Date.now()
let server: Server | null = null
try {
  for (let kill = 1; kill <= kills; kill++) {
    server = await startServer(dataFolder)
    submitter.feed(server.url)
    await sleep(LIFE_MS.least + random() * (LIFE_MS.most - LIFE_MS.least))
    submitter.pause()
    // Every fourth time the database dies with it; otherwise it is left as an orphan to be adopted.
    await server.kill({ database: kill % 4 === 0 })
    server = null
    if (kill % 10 === 0) say(`${kill} kills, ${submitter.accepted.size} jobs accepted`)
  }
  server = await startServer(dataFolder)
  await submitter.confirm(server.url)
  say(`letting ${submitter.accepted.size} jobs end`)
  const ended = await submitter.untilEnded(server.url, SETTLE_MS)
  const { url } = server
  const api = createApi(() => url)
  const found = await audit(api, submitter.accepted)
  found.faults.push(...(await strayStems(dataFolder)))
  await server.stop()
  server = null
  const left = await leftovers(dataFolder)
  const faults = [...ended, ...found.faults, ...left.map((path) => `left behind: ${path}`)]
  say(
    `${kills} kills in ${Math.round((Date.now() - begun) / 1000)} s; ${found.jobs.length} jobs, ${found.jobs.filter(({ state }) => state === 'succeeded').length} succeeded, ${found.events} events, ${found.takesAgain} takes made again after a kill`,
  )
  for (const fault of faults) say(`FAULT ${fault}`)
  say(
    faults.length === 0
      ? 'every accepted job ended exactly once; no asset twice; no event id missing; nothing left behind'
      : `${faults.length} faults`,
  )
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  await server?.kill({ database: true })
  if (values.keep || process.exitCode === 1) say(`the data folder is kept: ${dataFolder}`)
  else await rm(dataFolder, { recursive: true, force: true })
}

/** Objects nobody refers to any more: decoded stems go with the clean-up, the last step of a job. */
async function strayStems(dataFolder: string): Promise<string[]> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const entries = await readdir(join(dataFolder, 'files', 'objects'), { recursive: true, withFileTypes: true }).catch(() => [])
    const stray = entries
      .filter((entry) => entry.isFile() && entry.parentPath.includes('stem.pcm'))
      .map((entry) => join(entry.parentPath, entry.name))
    if (stray.length === 0) return []
    if (Date.now() > deadline) return stray.map((name) => `left behind: ${name}`)
    await sleep(500)
  }
}

/** Files of work in progress that outlived a clean stop. */
async function leftovers(folder: string): Promise<string[]> {
  const places = ['scratch', 'local-takes', 'files/tmp']
  const found = await Promise.all(
    places.map(async (place) => (await readdir(join(folder, place)).catch(() => [])).map((name) => join(place, name))),
  )
  return found.flat()
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
