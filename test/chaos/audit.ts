import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AssetView } from '../../src/wire/assets.ts'
import type { EventPage } from '../../src/wire/events.ts'
import type { JobList, JobView } from '../../src/wire/jobs.ts'

const final = new Set(['succeeded', 'failed', 'cancelled', 'expired'])
const RENDITIONS_WITHIN_MS = 180_000

export interface Audit {
  jobs: number
  succeeded: number
  events: number
  /** Takes beyond the first of their part. */
  takesAgain: number
  faults: string[]
}

/** Holds what the server knows against what it promised, over its own API and its data folder. */
export async function audit(url: string, accepted: Set<string>, dataFolder: string): Promise<Audit> {
  const faults: string[] = []
  const jobs = await allJobs(url)
  const known = new Set(jobs.map(({ id }) => id))
  for (const id of accepted) if (!known.has(id)) faults.push(`${id} was accepted and is gone`)
  for (const id of known)
    if (!accepted.has(id)) faults.push(`${id} exists and was never answered, though its order was sent again with its key`)
  const assets = new Map<string, string>()
  let events = 0
  let takesAgain = 0
  for (const job of jobs) {
    const log = await allEvents(url, job.id)
    events += log.length
    takesAgain += log.filter((event) => event.type === 'take' && numberOf(event.data) > 1 && stateOf(event.data) === 'planned').length
    log.forEach((event, index) => {
      if (event.id !== index + 1) faults.push(`${job.id}: event ${index + 1} has id ${event.id}`)
    })
    const ends = log.filter((event) => event.type === 'status' && final.has(stateOf(event.data)))
    if (ends.length !== 1 || log.at(-1) !== ends[0])
      faults.push(`${job.id}: ${ends.length} final events, the last event is ${log.at(-1)?.type}`)
    if (job.state !== 'succeeded') faults.push(`${job.id} (${job.kind}) ended as ${job.state}: ${job.outcome?.detail}`)
    if (!job.assetId) continue
    if (assets.has(job.assetId)) faults.push(`${job.assetId} belongs to ${job.id} and to ${assets.get(job.assetId)}`)
    assets.set(job.assetId, job.id)
    faults.push(...(await auditSegments(url, job, log)))
  }
  const files = await settledAssets(url, [...assets.keys()])
  for (const asset of files)
    for (const { format, detail } of asset.renditions.filter(({ state }) => state !== 'ready'))
      faults.push(`${asset.id}: ${format} is not ready: ${detail ?? 'still making'}`)
  faults.push(...(await strayStems(dataFolder)))
  return { jobs: jobs.length, succeeded: jobs.filter(({ state }) => state === 'succeeded').length, events, takesAgain, faults }
}

/** Each segment was announced once, in order, and together they are the whole. */
async function auditSegments(url: string, job: JobView, log: EventPage['events']): Promise<string[]> {
  const indexes = log.filter(({ type }) => type === 'segment').map(({ data }) => (data as { index: number }).index)
  const faults = indexes.flatMap((index, at) => (index === at ? [] : [`${job.id}: segment event ${at} speaks of segment ${index}`]))
  const master = await (await fetch(`${url}/v1/assets/${job.assetId}/hls/master.m3u8`)).text()
  for (const rung of master.split('\n').filter((line) => line && !line.startsWith('#'))) {
    const playlist = await (await fetch(new URL(rung, `${url}/v1/assets/${job.assetId}/hls/master.m3u8`))).text()
    const listed = playlist.split('\n').filter((line) => line.startsWith('#EXTINF')).length
    if (listed !== indexes.length) faults.push(`${job.id}: ${rung} lists ${listed} segments, ${indexes.length} were released`)
    if (!playlist.includes('#EXT-X-ENDLIST')) faults.push(`${job.id}: ${rung} has no end`)
  }
  return faults
}

async function settledAssets(url: string, ids: string[]): Promise<AssetView[]> {
  const deadline = Date.now() + RENDITIONS_WITHIN_MS
  for (;;) {
    const assets = await Promise.all(ids.map(async (id) => (await (await fetch(`${url}/v1/assets/${id}`)).json()) as AssetView))
    const open = assets.some((asset) => asset.renditions.some(({ state }) => state === 'making'))
    if (!open || Date.now() > deadline) return assets
    await sleep(500)
  }
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

async function allJobs(url: string): Promise<JobView[]> {
  const jobs: JobView[] = []
  for (let before = ''; ; ) {
    const page = (await (await fetch(`${url}/v1/jobs?limit=100${before && `&before=${before}`}`)).json()) as JobList
    jobs.push(...page.jobs)
    if (!page.next) return jobs
    before = page.next
  }
}

async function allEvents(url: string, id: string): Promise<EventPage['events']> {
  const events: EventPage['events'] = []
  for (let after = 0; ; ) {
    const page = (await (
      await fetch(`${url}/v1/jobs/${id}/events?after=${after}`, { headers: { accept: 'application/json' } })
    ).json()) as EventPage
    events.push(...page.events)
    if (page.events.length === 0 || page.ended) return events
    after = page.next
  }
}

const stateOf = (data: unknown): string => (data as { state: string }).state
const numberOf = (data: unknown): number => (data as { number: number }).number
