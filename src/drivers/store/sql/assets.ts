import { type Insertable, type Selectable, sql } from 'kysely'
import type { Asset, AssetFile, Rendition, Rung, Segment } from '../../../domain/asset.ts'
import type { AssetId, JobId, TenantId } from '../../../domain/ids.ts'
import { openHold, type Retention, type RetentionClass, type RetentionHold } from '../../../domain/retention.ts'
import type { Cue } from '../../../domain/take.ts'
import type { AssetsRepository } from '../../../ports/store.ts'
import { db, type Sql, type Statement } from './database.ts'
import { AFTER_ALL, inserter, jsonText, text, withDates } from './rows.ts'
import type { AssetFileTable, AssetTable, RungTable, SegmentTable } from './schema.ts'

const STATE_DATES = ['readyAt', 'at']
const SAID_DATES = ['at']

const insertFiles = inserter(
  'sluice.asset_file',
  { asset_id: 'text', name: 'text', label: 'text', object_key: 'text', mime_type: 'text', size_bytes: 'bigint', sha256: 'text' },
  // A step that runs again writes its files again.
  `on conflict (asset_id, name) do update set label = excluded.label, object_key = excluded.object_key, mime_type = excluded.mime_type,
     size_bytes = excluded.size_bytes, sha256 = excluded.sha256`,
)

const insertRungs = inserter(
  'sluice.rung',
  {
    asset_id: 'text',
    name: 'text',
    width: 'integer',
    height: 'integer',
    bandwidth: 'bigint',
    codecs: 'text',
    fps: 'double precision',
    init: 'json',
  },
  `on conflict (asset_id, name) do update set width = excluded.width, height = excluded.height, bandwidth = excluded.bandwidth,
     codecs = excluded.codecs, fps = excluded.fps, init = excluded.init`,
)

// No conflict clause: what a viewer may have played is never replaced, so a segment that comes twice is an error.
const insertSegments = inserter('sluice.segment', {
  asset_id: 'text',
  rung: 'text',
  index: 'integer',
  start_seconds: 'double precision',
  duration_seconds: 'double precision',
  object_key: 'text',
  size_bytes: 'bigint',
  sha256: 'text',
})

type Changing = Omit<Insertable<AssetTable>, 'id' | 'job_id' | 'tenant_id' | 'created_at'>

function changing(asset: Asset): Changing {
  return {
    kind: asset.kind,
    state: asset.state.state,
    title: text(asset.title),
    planned_duration_seconds: asset.plannedDurationSeconds,
    duration_seconds: asset.durationSeconds,
    width: asset.width,
    height: asset.height,
    fps: asset.fps,
    released_seconds: asset.releasedSeconds,
    poster: asset.poster,
    cues: jsonText(asset.cues),
    renditions: jsonText(asset.renditions),
    state_detail: jsonText(asset.state),
    retention: asset.retention.class,
    expires_at: asset.retention.expiresAt,
    masters_expire_at: asset.retention.mastersExpireAt,
    holds: jsonText(asset.retention.holds),
    held: openHold(asset.retention) !== null,
    swept_at: asset.retention.sweptAt,
    stored_bytes: asset.retention.storedBytes,
  }
}

/** The tenant is the job's. */
function insertAsset(asset: Asset): Statement {
  const columns = { id: asset.id, job_id: asset.jobId, created_at: asset.createdAt, ...changing(asset) }
  const names = Object.keys(columns)
  return {
    sql: `insert into sluice.asset (${names.join(', ')}, tenant_id)
      values (${names.map((_, index) => `$${index + 1}`).join(', ')}, (select tenant_id from sluice.job where id = $2))`,
    parameters: Object.values(columns),
  }
}

function assetFromRow(row: Selectable<AssetTable>): Asset {
  return {
    id: row.id as AssetId,
    jobId: row.job_id as JobId,
    kind: row.kind as Asset['kind'],
    title: row.title,
    plannedDurationSeconds: row.planned_duration_seconds,
    durationSeconds: row.duration_seconds,
    width: row.width,
    height: row.height,
    fps: row.fps,
    releasedSeconds: row.released_seconds,
    cues: row.cues as Cue[],
    poster: row.poster,
    renditions: row.renditions as Rendition[],
    retention: retentionFromRow(row),
    state: withDates<Asset['state']>(row.state_detail, STATE_DATES),
    createdAt: row.created_at,
  }
}

function retentionFromRow(row: Selectable<AssetTable>): Retention {
  return {
    class: row.retention as RetentionClass,
    expiresAt: row.expires_at,
    mastersExpireAt: row.masters_expire_at,
    holds: (row.holds as RetentionHold[]).map((hold) => ({
      ...withDates<RetentionHold>(hold, SAID_DATES),
      released: hold.released && withDates(hold.released, SAID_DATES),
    })),
    sweptAt: row.swept_at,
    storedBytes: Number(row.stored_bytes),
  }
}

function fileFromRow(row: Selectable<AssetFileTable>): AssetFile {
  return {
    name: row.name,
    label: row.label,
    objectKey: row.object_key,
    mimeType: row.mime_type,
    sizeBytes: Number(row.size_bytes),
    sha256: row.sha256,
  }
}

function rungFromRow(row: Selectable<RungTable>): Rung {
  return {
    name: row.name,
    width: row.width,
    height: row.height,
    bandwidth: Number(row.bandwidth),
    codecs: row.codecs,
    fps: row.fps,
    init: row.init as Rung['init'],
  }
}

function segmentFromRow(row: Selectable<SegmentTable>): Segment {
  return {
    rung: row.rung,
    index: row.index,
    startSeconds: row.start_seconds,
    durationSeconds: row.duration_seconds,
    objectKey: row.object_key,
    sizeBytes: Number(row.size_bytes),
    sha256: row.sha256,
  }
}

export function createAssets(run: Sql): AssetsRepository {
  const find = (id: AssetId) => run.rows(db.selectFrom('sluice.asset').selectAll().where('id', '=', id))

  const assets: AssetsRepository = {
    async insert(asset) {
      await run.write(insertAsset(asset))
    },

    async get(id) {
      const [row] = await find(id)
      return row && assetFromRow(row)
    },

    async getWithTenant(id) {
      const [row] = await find(id)
      return row && { asset: assetFromRow(row), tenantId: row.tenant_id as TenantId }
    },

    async save(asset) {
      await run.write(db.updateTable('sluice.asset').set(changing(asset)).where('id', '=', asset.id), 1)
    },

    async list(tenantId, { now, before, limit }) {
      const rows = await run.rows(sql<Selectable<AssetTable>>`
        select * from sluice.asset
        where tenant_id = ${tenantId} and state = 'ready' and (held or expires_at is null or expires_at > ${now}) and id < ${before ?? AFTER_ALL}
        order by id desc limit ${limit}`)
      return rows.map(assetFromRow)
    },

    async overdue(now, limit) {
      const rows = await run.rows(sql<{ id: AssetId; job_id: JobId }>`
        select id, job_id from sluice.asset
        where swept_at is null and not held and least(expires_at, masters_expire_at) <= ${now}
          and not exists (select from sluice.step where step.job_id = asset.job_id and due_at is not null)
        order by least(expires_at, masters_expire_at) limit ${limit}`)
      return rows.map(({ id, job_id }) => ({ id, jobId: job_id }))
    },

    async parts(assetId) {
      const [files, rungs, segments] = await Promise.all([assets.files(assetId), assets.rungs(assetId), assets.segments(assetId)])
      return { files, rungs, segments }
    },

    async forgetParts(assetId) {
      await run.write(sql`delete from sluice.asset_file where asset_id = ${assetId}`)
      await run.write(sql`delete from sluice.rung where asset_id = ${assetId}`)
      await run.write(sql`delete from sluice.segment where asset_id = ${assetId}`)
    },

    async storedBytes(tenantId) {
      const rows = await run.rows(sql<{ retention: RetentionClass; bytes: string }>`
        select retention, sum(stored_bytes)::text as bytes from sluice.asset
        where tenant_id = ${tenantId} and stored_bytes > 0 group by retention`)
      const bytes: Record<RetentionClass, number> = { ephemeral: 0, standard: 0, permanent: 0 }
      for (const row of rows) bytes[row.retention] = Number(row.bytes)
      return bytes
    },

    async storedBytesByTenant() {
      const rows = await run.rows(sql<{ tenant_id: TenantId; bytes: string }>`
        select tenant_id, sum(stored_bytes)::text as bytes from sluice.asset where stored_bytes > 0 group by tenant_id`)
      return new Map(rows.map((row) => [row.tenant_id, Number(row.bytes)]))
    },

    async addFiles(assetId, files) {
      if (files.length === 0) return
      await run.write(
        insertFiles(
          files.map((file) => ({
            asset_id: assetId,
            name: file.name,
            label: text(file.label),
            object_key: file.objectKey,
            mime_type: file.mimeType,
            size_bytes: file.sizeBytes,
            sha256: file.sha256,
          })),
        ),
      )
    },

    async file(assetId, name) {
      const [row] = await run.rows(
        db.selectFrom('sluice.asset_file').selectAll().where('asset_id', '=', assetId).where('name', '=', text(name)),
      )
      return row && fileFromRow(row)
    },

    async files(assetId) {
      const rows = await run.rows(db.selectFrom('sluice.asset_file').selectAll().where('asset_id', '=', assetId).orderBy('position'))
      return rows.map(fileFromRow)
    },

    async addRungs(assetId, rungs) {
      if (rungs.length === 0) return
      await run.write(insertRungs(rungs.map((rung) => ({ ...rung, asset_id: assetId, init: jsonText(rung.init) }))))
    },

    async rungs(assetId) {
      const rows = await run.rows(db.selectFrom('sluice.rung').selectAll().where('asset_id', '=', assetId).orderBy('position'))
      return rows.map(rungFromRow)
    },

    async addSegments(assetId, segments) {
      if (segments.length === 0) return
      await run.write(
        insertSegments(
          segments.map((segment) => ({
            asset_id: assetId,
            rung: segment.rung,
            index: segment.index,
            start_seconds: segment.startSeconds,
            duration_seconds: segment.durationSeconds,
            object_key: segment.objectKey,
            size_bytes: segment.sizeBytes,
            sha256: segment.sha256,
          })),
        ),
      )
    },

    async segments(assetId, rung) {
      const rows = await run.rows(sql<Selectable<SegmentTable>>`
        select * from sluice.segment where asset_id = ${assetId} and (${rung ?? null}::text is null or rung = ${rung ?? null}) order by index, rung`)
      return rows.map(segmentFromRow)
    },

    async segment(assetId, rung, index) {
      const rows = await run.rows(
        db.selectFrom('sluice.segment').selectAll().where('asset_id', '=', assetId).where('index', '=', index).where('rung', '=', rung),
      )
      return rows[0] && segmentFromRow(rows[0])
    },
  }
  return assets
}
