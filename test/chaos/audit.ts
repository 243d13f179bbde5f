import { setTimeout as sleep } from 'node:timers/promises'
import type { AssetView } from '../../src/wire/assets.ts'
import type { EventPage } from '../../src/wire/events.ts'
import type { JobList, JobView } from '../../src/wire/jobs.ts'
import type { Api } from './api.ts'

const final = new Set(['succeeded', 'failed', 'cancelled', 'expired'])
const RENDITIONS_WITHIN_MS = 180_000

export interface Audit {
  jobs: JobView[]
  events: number
  /** Takes beyond the first of their part. */
  takesAgain: number
  faults: string[]
}

/**
 * Holds what a tenant is told against what was promised, over the API.
 * @param mayEndSo whether a job may have ended as it did; by default it must have succeeded
 */
export async function audit(
  api: Api,
  accepted: ReadonlySet<string>,
  mayEndSo: (job: JobView) => boolean = ({ state }) => state === 'succeeded',
): Promise<Audit> {
  const faults: string[] = []
  const jobs = await allJobs(api)
  const known = new Set(jobs.map(({ id }) => id))
  for (const id of accepted) if (!known.has(id)) faults.push(`${id} was accepted and is gone`)
  for (const id of known)
    if (!accepted.has(id)) faults.push(`${id} exists and was never answered, though its order was sent again with its key`)
  const assets = new Map<string, string>()
  let events = 0
  let takesAgain = 0
  for (const job of jobs) {
    const log = await allEvents(api, job.id)
    events += log.length
    takesAgain += log.filter((event) => event.type === 'take' && numberOf(event.data) > 1 && stateOf(event.data) === 'planned').length
    log.forEach((event, index) => {
      if (event.id !== index + 1) faults.push(`${job.id}: event ${index + 1} has id ${event.id}`)
    })
    const ends = log.filter((event) => event.type === 'status' && final.has(stateOf(event.data)))
    if (ends.length !== 1 || log.at(-1) !== ends[0])
      faults.push(`${job.id}: ${ends.length} final events, the last event is ${log.at(-1)?.type}`)
    if (!mayEndSo(job)) faults.push(`${job.id} (${job.kind}) ended as ${job.state}: ${job.outcome?.detail}`)
    if (job.state === 'succeeded' && !job.assetId) faults.push(`${job.id} succeeded without an asset`)
    if (job.state !== 'succeeded' || !job.assetId) continue
    if (assets.has(job.assetId)) faults.push(`${job.assetId} belongs to ${job.id} and to ${assets.get(job.assetId)}`)
    assets.set(job.assetId, job.id)
    faults.push(...(await auditSegments(api, job, log)))
  }
  const files = await settledAssets(api, [...assets.keys()])
  for (const asset of files)
    for (const { format, detail } of asset.renditions.filter(({ state }) => state !== 'ready'))
      faults.push(`${asset.id}: ${format} is not ready: ${detail ?? 'still making'}`)
  return { jobs, events, takesAgain, faults }
}

/** Each segment was announced once, in order, and together they are the whole. */
async function auditSegments(api: Api, job: JobView, log: EventPage['events']): Promise<string[]> {
  const indexes = log.filter(({ type }) => type === 'segment').map(({ data }) => (data as { index: number }).index)
  const faults = indexes.flatMap((index, at) => (index === at ? [] : [`${job.id}: segment event ${at} speaks of segment ${index}`]))
  if (job.playback === null) return faults
  const address = new URL(job.playback.url, api.url)
  const text = async (at: URL): Promise<string> => (await fetch(at, { headers: api.headers })).text()
  for (const rung of (await text(address)).split('\n').filter((line) => line && !line.startsWith('#'))) {
    const playlist = await text(new URL(rung, address))
    const listed = playlist.split('\n').filter((line) => line.startsWith('#EXTINF')).length
    if (listed !== indexes.length) faults.push(`${job.id}: ${rung} lists ${listed} segments, ${indexes.length} were released`)
    if (!playlist.includes('#EXT-X-ENDLIST')) faults.push(`${job.id}: ${rung} has no end`)
  }
  return faults
}

async function settledAssets(api: Api, ids: string[]): Promise<AssetView[]> {
  const deadline = Date.now() + RENDITIONS_WITHIN_MS
  for (;;) {
    const assets = await Promise.all(ids.map((id) => api.get<AssetView>(`/v1/assets/${id}`)))
    const open = assets.some((asset) => asset.renditions.some(({ state }) => state === 'making'))
    if (!open || Date.now() > deadline) return assets
    await sleep(500)
  }
}

async function allJobs(api: Api): Promise<JobView[]> {
  const jobs: JobView[] = []
  for (let before = ''; ; ) {
    const page = await api.get<JobList>(`/v1/jobs?limit=100${before && `&before=${before}`}`)
    jobs.push(...page.jobs)
    if (!page.next) return jobs
    before = page.next
  }
}

async function allEvents(api: Api, id: string): Promise<EventPage['events']> {
  const events: EventPage['events'] = []
  for (let after = 0; ; ) {
    const page = await api.get<EventPage>(`/v1/jobs/${id}/events?after=${after}`)
    events.push(...page.events)
    if (page.events.length === 0 || page.ended) return events
    after = page.next
  }
}

const stateOf = (data: unknown): string => (data as { state: string }).state
const numberOf = (data: unknown): number => (data as { number: number }).number
