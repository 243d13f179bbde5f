import { sql } from 'kysely'
import type { QualityProfile } from '../../../domain/verdict.ts'
import type { ProfilesRepository } from '../../../ports/store.ts'
import type { Sql } from './database.ts'
import { jsonText } from './rows.ts'

interface Row {
  body: Omit<QualityProfile, 'version'>
  version: number
}

const profileOf = ({ body, version }: Row): QualityProfile => ({ ...body, version })

export function createProfiles(run: Sql): ProfilesRepository {
  return {
    // Two writers at once meet in the primary key; the one that comes second is told, and tries again.
    async add(tenantId, profile) {
      const [row] = await run.rows(sql<Row>`
        insert into sluice.quality_profile (tenant_id, name, version, body)
        select ${tenantId}, ${profile.name}, coalesce(max(version), 0) + 1, ${jsonText(profile)}
        from sluice.quality_profile where tenant_id = ${tenantId} and name = ${profile.name}
        returning body, version`)
      if (!row) throw new Error(`profile ${profile.name} was not written`)
      return profileOf(row)
    },

    async get(tenantId, name, version) {
      const [row] = await run.rows(sql<Row>`
        select body, version from sluice.quality_profile
        where tenant_id = ${tenantId} and name = ${name} and (${version ?? null}::integer is null or version = ${version ?? null}::integer)
        order by version desc limit 1`)
      return row && profileOf(row)
    },

    async list(tenantId) {
      const rows = await run.rows(sql<Row>`
        select distinct on (name) body, version from sluice.quality_profile where tenant_id = ${tenantId} order by name, version desc`)
      return rows.map(profileOf)
    },
  }
}
