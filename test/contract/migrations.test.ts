import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../../src/drivers/store/sql/migrations/index.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { kinds, type TestDatabases } from './databases.ts'

let databases: TestDatabases
beforeAll(async () => {
  databases = await (kinds[0] as (typeof kinds)[number]).start()
})
afterAll(() => databases.dispose())

/** A database as the program of that version has left it. */
async function at(version: number): Promise<pg.Pool> {
  const pool = (await databases.create()).open()
  await pool.query('create schema sluice')
  await pool.query('create table sluice.migration (version integer primary key, name text not null, applied_at timestamptz default now())')
  for (const { version: each, name, sql } of migrations.slice(0, version)) {
    await pool.query(sql)
    await pool.query('insert into sluice.migration (version, name) values ($1, $2)', [each, name])
  }
  return pool
}

/** Brought up to date by this program; `then` looks at it. */
async function migrated<T>(pool: pg.Pool, then: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const store = createSqlStore({ pool })
  try {
    await store.migrate()
    return await then(pool)
  } finally {
    await store.close()
  }
}

async function schemaOf(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ line: string }>(`
    select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as line from information_schema.columns
      where table_schema = 'sluice' and table_name <> 'migration'
    union all select indexdef from pg_indexes where schemaname = 'sluice' order by 1`)
  return rows.map(({ line }) => line)
}

describe('migrations', () => {
  it('lead from every earlier version to the same schema', async () => {
    const fresh = await migrated((await databases.create()).open(), schemaOf)
    expect(fresh.length).toBeGreaterThan(100)
    for (const { version } of migrations) expect(await migrated(await at(version), schemaOf), `from ${version}`).toEqual(fresh)
  })

  it('to retention: what was ephemeral has a day more, what was not stays, and what is stored is counted', async () => {
    const pool = await at(8)
    for (const [job, retention, settled] of [
      ['job_a', 'ephemeral', true],
      ['job_b', 'standard', true],
      ['job_c', 'ephemeral', false],
    ] as const) {
      await pool.query(
        `insert into sluice.job (id, tenant_id, kind, state, seq, request, state_detail, stages, cost, created_at, settled_at)
           values ($1, 'ten_a', 'video', $2, 1, $3, '{}', '[]', '{}', now(), $4)`,
        [job, settled ? 'succeeded' : 'running', JSON.stringify({ policy: { retention } }), settled ? new Date(0) : null],
      )
      await pool.query(
        `insert into sluice.asset (id, job_id, tenant_id, kind, state, title, planned_duration_seconds, released_seconds, poster, cues, renditions,
             state_detail, created_at)
           values ($1, $2, 'ten_a', 'video', $3, 'T', 2, 2, false, '[]', '[]', '{"state":"making"}', now())`,
        [job.replace('job', 'ast'), job, settled ? 'ready' : 'making'],
      )
    }
    await pool.query(`insert into sluice.asset_file (asset_id, name, label, object_key, mime_type, size_bytes, sha256)
      values ('ast_b', 'a', 'A', 'k', 'video/mp4', 5000000000, 'aa')`)
    await pool.query(`insert into sluice.segment values ('ast_b', '720p', 0, 0, 2, 'k', 7, 'aa')`)
    const found = await migrated(pool, async () => {
      const { rows } = await pool.query(
        `select id, retention, round(extract(epoch from expires_at - now()) / 3600)::integer as hours, stored_bytes, held from sluice.asset order by id`,
      )
      return rows
    })
    expect(found).toEqual([
      { id: 'ast_a', retention: 'ephemeral', hours: 24, stored_bytes: '0', held: false },
      { id: 'ast_b', retention: 'standard', hours: null, stored_bytes: '5000000007', held: false },
      { id: 'ast_c', retention: 'ephemeral', hours: null, stored_bytes: '0', held: false },
    ])
  })
})
