import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import type { App } from '../../src/delivery/context.ts'
import { createHttp } from '../../src/delivery/http.ts'
import type { Rung, Segment } from '../../src/domain/asset.ts'
import type { AssetId, TenantId } from '../../src/domain/ids.ts'
import type { Job } from '../../src/domain/job.ts'
import type { JobKind, JobRequest } from '../../src/domain/request.ts'
import { newRetention, type RetentionPeriods } from '../../src/domain/retention.ts'
import type { StepName } from '../../src/domain/step.ts'
import { createPostgresBus } from '../../src/drivers/bus/postgres/bus.ts'
import { createCourier } from '../../src/drivers/http/courier.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { silentMetrics } from '../../src/drivers/metrics/silent/metrics.ts'
import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import { createPool } from '../../src/drivers/postgres/pool.ts'
import { createPostgresQueue } from '../../src/drivers/queue/postgres/queue.ts'
import { createEmbeddedPostgres } from '../../src/drivers/store/embedded/embedded-postgres.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { silentTracer } from '../../src/drivers/tracer/silent/tracer.ts'
import { createEngine, type RunningEngine } from '../../src/engine/create-engine.ts'
import { createForecast } from '../../src/engine/forecast.ts'
import { changeJob } from '../../src/engine/job-transaction.ts'
import type { Bus } from '../../src/ports/bus.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Courier } from '../../src/ports/courier.ts'
import type { Objects } from '../../src/ports/objects.ts'
import type { Provider } from '../../src/ports/provider.ts'
import type { JobTransaction, Pipeline, StepHandler } from '../../src/ports/stages.ts'
import type { Store } from '../../src/ports/store.ts'
import { createEventHub, type EventHub } from '../../src/realtime/event-hub.ts'

const log = createLogger('silent')
const docsFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs')

const pipeline: Pipeline = {
  stages: ['analyse', 'render', 'publish'],
  plan: () => ({ title: 'A test', shots: [], takes: [], estimatedSeconds: 8, quotedSeconds: 4, notes: [] }),
}
const kinds: JobKind[] = ['presentation', 'video', 'speech', 'music', 'sound']

/** The real store, bus, objects and engine behind the real routes. Until its engine is started tests move jobs themselves, by {@link World.change}. */
export interface World {
  store: Store
  objects: Objects
  /** Where the objects lie on disk. */
  filesFolder: string
  bus: Bus
  engine: RunningEngine
  /** Goes to receivers on this machine. */
  courier: Courier
  tenant: TenantId
  /** One change of a job, committed and announced as a worker's would be. */
  change(job: Pick<Job, 'id'>, work: (tx: JobTransaction) => Promise<void> | void): Promise<Job>
  submit(change?: Partial<JobRequest>, tenantId?: TenantId): Promise<Job>
  /** Begins the job and gives it an asset with two rungs. */
  begin(job: Job): Promise<AssetId>
  /** Stores and releases one segment in both rungs. */
  release(job: Job, assetId: AssetId, index: number, last?: boolean): Promise<Buffer>
  /** Another process of the same house: its own hub and routes. */
  serve(options?: {
    studioFolder?: string
    requestsPerMinute?: number
    bus?: Bus
    store?: Partial<Store>
    courier?: Courier
    metricsToken?: string
  }): Promise<Served>
  close(): Promise<void>
}

export interface Served {
  http: App
  hub: EventHub
  url: string
  port: number
  /** Event streams open now. */
  open(): number
  close(): Promise<void>
}

export const request: JobRequest = {
  kind: 'video',
  providers: [],
  imageUrl: null,
  prompt: 'a bell on a hill',
  durationSeconds: 8,
  width: 1280,
  height: 720,
  fps: 30,
  seed: 1,
  formats: ['hls', 'mp4'],
  metadata: {},
  policy: {
    profile: 'standard',
    profileVersion: 1,
    gate: 'segment',
    deadlineSeconds: null,
    priority: 0,
    retention: 'standard',
    maxTakesPerShot: 2,
    maxCostMicroUsd: null,
    onSubmitUnknown: 'ask',
  },
}

const keptForEver: RetentionPeriods = { ephemeralHours: 24, standardDays: null, masterDays: null }

/** One database server for all worlds of a test file: starting one takes longer than most tests. */
let server: ReturnType<typeof startServer> | undefined
let worlds = 0
let databases = 0

async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-http-db-'))
  const postgres = await createEmbeddedPostgres({ dataFolder: folder, log })
  return {
    async create(): Promise<pg.Pool> {
      databases += 1
      const database = `world_${databases}`
      const client = new pg.Client(postgres.connection)
      await client.connect()
      await client.query(`create database ${database}`)
      await client.end()
      return createPool({ connection: { ...postgres.connection, database } })
    },
    async stop() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * @param scripts what steps do once the engine is started; the others do nothing
 * @param providers who the engine knows
 * @param kept the time, and how long assets stay
 */
export async function createWorld(
  scripts: (store: Store) => Partial<Record<StepName, StepHandler>> = () => ({}),
  providers: ReadonlyMap<string, Provider> = new Map(),
  { clock = systemClock, retention = keptForEver }: { clock?: Clock; retention?: RetentionPeriods } = {},
): Promise<World> {
  worlds += 1
  server ??= startServer()
  const folder = await mkdtemp(join(tmpdir(), 'sluice-http-'))
  const pool = await (await server).create()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const filesFolder = join(folder, 'files')
  const objects = await createFsObjects({ folder: filesFolder, log })
  const queue = createPostgresQueue({ pool, log })
  const bus = createPostgresBus({ pool, log })
  const network = createNetwork()
  const courier = createCourier({ network, allowPrivate: true, userAgent: 'Sluice/0.0.0' })
  const pipelines = Object.fromEntries(kinds.map((kind) => [kind, pipeline])) as Record<JobKind, Pipeline>
  const steps: StepName[] = ['analyse', 'generate', 'ingest', 'finish', 'publish', 'rendition', 'review', 'cleanup']
  const done = Object.fromEntries(steps.map((name) => [name, async () => ({ then: 'done' })]))
  const handlers = { ...done, ...scripts(store) } as Record<StepName, StepHandler>
  const engine = createEngine({
    store,
    queue,
    bus,
    clock,
    ids,
    log,
    within: (_log, work) => work(),
    metrics: silentMetrics,
    tracer: silentTracer,
    providers,
    pipelines,
    inFlight: () => null,
    handlers,
    config: {
      slots: { io: 1, cpu: 1, resident: 1 },
      leaseMs: 10_000,
      hintAgainMs: 10_000,
      drainMs: 100,
      jobsAtOnce: null,
      tenantJobsAtOnce: null,
      tenantWaitingJobs: 1_000_000,
      tenantJobsPerMinute: null,
      tenantWaitingSeconds: null,
      retention,
    },
  })
  const tenant = await store.tenants.ensure('default', ids.next('ten'))
  const changing = {
    store,
    bus,
    clock,
    ids,
    log,
    metrics: silentMetrics,
    tracer: silentTracer,
    config: { retention },
    inFlight: () => null,
    forecast: createForecast(store.samples),
    stepsDue: () => undefined,
  }
  const open = new Set<Served>()

  const world: World = {
    store,
    objects,
    filesFolder,
    bus,
    engine,
    courier,
    tenant,
    change: (job, work) => changeJob(changing, job.id, null, async (tx) => work(tx)),

    async submit(change = {}, tenantId = tenant) {
      const { job } = await engine.submit(tenantId, { ...request, ...change } as JobRequest)
      return job
    },

    async begin(job) {
      const id = ids.next('ast')
      const rungs = await Promise.all(
        ['720p', '360p'].map(async (name): Promise<Rung> => {
          const {
            key: objectKey,
            sizeBytes,
            sha256,
          } = await objects.put(`jobs/${job.id}/${name}/init.mp4`, Buffer.from(`init of ${name}`), { mimeType: 'video/mp4' })
          return {
            name,
            width: 1280,
            height: 720,
            bandwidth: 2_000_000,
            codecs: 'avc1.64001f,mp4a.40.2',
            fps: 30,
            init: { objectKey, sizeBytes, sha256 },
          }
        }),
      )
      await world.change(job, async (tx) => {
        tx.begin()
        await tx.createAsset({
          id,
          jobId: job.id,
          kind: 'video',
          title: 'A test',
          plannedDurationSeconds: 8,
          durationSeconds: null,
          width: 1280,
          height: 720,
          fps: 30,
          releasedSeconds: 0,
          cues: [{ startSeconds: 0, endSeconds: 2, text: 'A bell rings.' }],
          poster: false,
          renditions: [{ format: 'hls', state: 'making' }],
          retention: newRetention(job.request.policy.retention),
          state: { state: 'making' },
          createdAt: new Date(),
        })
        await tx.addRungs(rungs)
      })
      return id
    },

    async release(job, _assetId, index, last = false) {
      const bytes = Buffer.alloc(200_000, `segment ${index} `)
      const segments = await Promise.all(
        ['720p', '360p'].map(async (rung): Promise<Segment> => {
          const {
            key: objectKey,
            sizeBytes,
            sha256,
          } = await objects.put(`jobs/${job.id}/${rung}/${index}.m4s`, bytes, { mimeType: 'video/iso.segment' })
          return { rung, index, startSeconds: index * 2, durationSeconds: 2, objectKey, sizeBytes, sha256 }
        }),
      )
      await world.change(job, (tx) => tx.release(segments, { last }))
      return bytes
    },

    async serve({ bus: other = bus, store: changed = {}, ...options } = {}) {
      const seen: Store = { ...store, ...changed }
      const hub = createEventHub({ store: seen, bus: other, log, metrics: silentMetrics })
      const http = await createHttp({
        engine,
        store: seen,
        objects,
        hub,
        clock,
        ids,
        log,
        metrics: silentMetrics,
        tracer: silentTracer,
        metricsToken: null,
        courier,
        voices: [{ id: 'draft', label: 'Draft', language: 'en' }],
        providers: [...providers.values()],
        inFlight: () => null,
        jobLimits: { tenantJobsAtOnce: null, tenantWaitingJobs: 1_000, tenantJobsPerMinute: 600 },
        hookSecret: null,
        docsFolder,
        version: '0.0.0',
        ...options,
      })
      await http.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 })
      const { port } = http.server.address() as AddressInfo
      const served: Served = {
        http,
        hub,
        port,
        url: `http://127.0.0.1:${port}`,
        open: () => http.streams.size,
        async close() {
          if (!open.delete(served)) return
          await http.close()
          hub.close()
        },
      }
      open.add(served)
      return served
    },

    async close() {
      for (const served of [...open]) await served.close()
      await engine.drain()
      await queue.close()
      await bus.close()
      await network.close()
      await pool.end()
      await rm(folder, { recursive: true, force: true })
      worlds -= 1
      if (worlds > 0) return
      await (await server)?.stop()
      server = undefined
    },
  }
  return world
}
