import { sql } from 'kysely'
import type { Judgement, Verdict } from '../../../domain/verdict.ts'
import type { JudgementsRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'

interface Row {
  asset_id: string
  profile: string
  version: number
  verdicts: Verdict[]
  at: Date
}

const judgementOf = ({ profile: name, version, verdicts, at }: Row): Judgement => ({ profile: { name, version }, verdicts, at })

export function createJudgements(run: Sql): JudgementsRepository {
  return {
    async add(assetId, { name, version }, verdicts, at) {
      const added = JSON.stringify(verdicts)
      await run.write(sql`
        insert into sluice.judgement (asset_id, profile, version, verdicts, at) values (${assetId}, ${name}, ${version}, ${added}::jsonb, ${at})
        on conflict (asset_id, profile, version) do update set verdicts = judgement.verdicts || excluded.verdicts`)
    },

    async replace(assetId, { name, version }, verdicts, at) {
      const all = JSON.stringify(verdicts)
      await run.write(sql`
        insert into sluice.judgement (asset_id, profile, version, verdicts, at) values (${assetId}, ${name}, ${version}, ${all}::jsonb, ${at})
        on conflict (asset_id, profile, version) do update set verdicts = excluded.verdicts, at = excluded.at`)
    },

    async get(assetId, { name, version }) {
      const [row] = await run.rows(sql<Row>`
        select * from sluice.judgement where asset_id = ${assetId} and profile = ${name} and version = ${version}`)
      return row && judgementOf(row)
    },

    async of(assetId) {
      const rows = await run.rows(sql<Row>`select * from sluice.judgement where asset_id = ${assetId} order by at, profile, version`)
      return rows.map(judgementOf)
    },
  }
}
