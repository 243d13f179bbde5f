import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { AssetId } from '../../../src/domain/ids.ts'
import { findOrphans } from '../../../src/engine/orphans.ts'
import type { RunningLab } from '../../../src/lab/create-lab.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import type { Objects } from '../../../src/ports/objects.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { JobView } from '../../../src/wire/jobs.ts'
import type { TakeView } from '../../../src/wire/spend.ts'
import type { Api } from '../api.ts'
import { worksOf } from '../operator.ts'

/** Nothing is taken for left behind on the day it was made: these eyes look from two days on. */
const LATER_MS = 48 * 3_600_000

/** Every part of every asset is there, with the bytes its row tells of. */
export async function auditObjects(store: Store, objects: Objects, assetIds: string[]): Promise<{ objects: number; faults: string[] }> {
  const faults: string[] = []
  let count = 0
  for (const id of assetIds) {
    const { files, rungs, segments } = await store.assets.parts(id as AssetId)
    for (const { objectKey, sha256 } of [...files, ...segments, ...rungs.map(({ init }) => init)]) {
      count++
      const found = await hashOf(objects, objectKey).catch((error: Error) => error.message)
      if (found !== sha256) faults.push(`${objectKey} should have the hash ${sha256}: ${found}`)
    }
  }
  return { objects: count, faults }
}

async function hashOf(objects: Objects, key: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of (await objects.get(key)).stream) hash.update(chunk)
  return hash.digest('hex')
}

/** Sweeps what nobody refers to, then looks again. */
export async function auditOrphans(store: Store, objects: Objects, log: Logger): Promise<{ swept: number; faults: string[] }> {
  const clock: Clock = { now: () => new Date(Date.now() + LATER_MS), sleep: async () => {} }
  const left = async () => {
    const keys: string[] = []
    for await (const orphans of findOrphans({ store, objects, clock, log })) keys.push(...orphans.objects.map(({ key }) => key))
    return keys
  }
  const before = await left()
  for (const key of before) await objects.remove(key)
  return { swept: before.length, faults: (await left()).map((key) => `${key} belongs to nobody, after the sweep`) }
}

export interface Charges {
  takes: number
  labMicroUsd: number
  ledgerMicroUsd: number
  /** Of these, what the ledger takes for paid because nobody could tell, as when a job ended with an order in doubt. */
  assumedMicroUsd: number
  faults: string[]
}

/** What the lab took for each job is what the ledger says, less what that only assumes, and nothing is still set aside. */
export async function auditCharges(api: Api, jobs: JobView[], lab: RunningLab): Promise<Charges> {
  const sums: Charges = { takes: 0, labMicroUsd: 0, ledgerMicroUsd: 0, assumedMicroUsd: 0, faults: [] }
  for (const job of jobs) {
    const { takes } = await api.get<{ takes: TakeView[] }>(`/v1/jobs/${job.id}/takes`)
    const works = worksOf(lab, String(job.request['prompt']))
    const settled = takes.flatMap(({ cost }) => (cost?.state === 'settled' ? [cost] : []))
    const taken = works.reduce((sum, { chargedMicroUsd }) => sum + chargedMicroUsd, 0)
    const booked = settled.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0)
    const assumed = settled.reduce((sum, { basis, amountMicroUsd }) => sum + (basis === 'assumed' ? amountMicroUsd : 0), 0)
    sums.takes += takes.length
    sums.labMicroUsd += taken
    sums.ledgerMicroUsd += booked
    sums.assumedMicroUsd += assumed
    const told = takes
      .map(({ provider, state, cost }) => `${provider} ${state} ${cost?.state} ${cost?.amountMicroUsd} ${cost?.basis}`)
      .join('; ')
    if (taken > booked || taken < booked - assumed)
      sums.faults.push(`${job.id}: the lab took ${taken} micro-USD for ${works.length} orders, the ledger has ${booked} (${told})`)
    if (works.length > takes.length) sums.faults.push(`${job.id}: ${works.length} orders for ${takes.length} takes`)
    if (takes.some(({ cost }) => cost?.state === 'reserved')) sums.faults.push(`${job.id} still holds a reservation (${told})`)
  }
  return sums
}

/** How many steps still have something to do. What was shown of a job that was cut off stays for ten minutes, and then is cleaned up. */
export async function openSteps(pool: Pool): Promise<{ count: number; named: string }> {
  const { rows } = await pool.query<{ name: string; state: string; reason: string | null; job: string }>(
    `select s.name, s.state, s.reason, j.state as job from sluice.step s join sluice.job j on j.id = s.job_id
      where s.state not in ('done', 'failed', 'cancelled') and not (s.name = 'cleanup' and s.attempt = 0 and s.due_at > now())`,
  )
  return {
    count: rows.length,
    named: rows.map(({ name, state, reason, job }) => `${name} ${state} (${reason}) of a ${job} job`).join(', '),
  }
}
