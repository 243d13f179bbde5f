import { sql } from 'kysely'
import type { StageKey } from '../../../domain/progress.ts'
import type { SamplesRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { inserter, text } from './rows.ts'

const insertRows = inserter('sluice.duration_sample', { bucket: 'text', stage: 'text', seconds: 'double precision' })

export function createSamples(run: Sql): SamplesRepository {
  return {
    async add(samples) {
      if (samples.length > 0)
        await run.write(insertRows(samples.map(({ bucket, stage, seconds }) => ({ bucket: text(bucket), stage, seconds }))))
    },

    // The recursion hops from stage to stage in the index, so the cost does not grow with the history.
    async read(bucket, limit) {
      const rows = await run.rows(sql<{ stage: StageKey; seconds: number }>`
        with recursive stages as (
          select min(stage) as stage from sluice.duration_sample where bucket = ${text(bucket)}
          union all
          select (select min(d.stage) from sluice.duration_sample d where d.bucket = ${text(bucket)} and d.stage > s.stage) from stages s where s.stage is not null
        )
        select s.stage, latest.seconds from stages s cross join lateral (
          select d.id, d.seconds from sluice.duration_sample d where d.bucket = ${text(bucket)} and d.stage = s.stage order by d.id desc limit ${limit}
        ) latest order by s.stage, latest.id desc`)
      const samples = new Map<StageKey, number[]>()
      for (const { stage, seconds } of rows) {
        const pool = samples.get(stage)
        if (pool) pool.push(seconds)
        else samples.set(stage, [seconds])
      }
      return samples
    },
  }
}
