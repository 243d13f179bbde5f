import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ids } from '../src/compose/ids.ts'
import type { JobId, TenantId } from '../src/domain/ids.ts'
import { newStages } from '../src/domain/progress.ts'
import { createPostgresBus } from '../src/drivers/bus/postgres/bus.ts'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import type { Bus } from '../src/ports/bus.ts'
import type { Store } from '../src/ports/store.ts'
import { startServer } from '../test/helpers/server.ts'
import { log, openPool } from './database.ts'
import { type Figure, ms, quantile } from './figures.ts'
import { inspectorPort, residentBytes } from './memory.ts'

const BROADCASTS = 15
const CONNECT_AT_ONCE = 200

/** One event to n open streams of a job: when each has it, what a stream costs the server, and whether any was missed. */
export async function benchEventStreams(sizes: number[], dataFolder: string): Promise<Figure[]> {
  const { pool, url, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const tenantId = await store.tenants.ensure('default', ids.next('ten'))
  const bus = createPostgresBus({ pool, log })
  const figures: Figure[] = []
  for (const size of sizes) figures.push(await measure(store, bus, tenantId, url, size, dataFolder))
  await bus.close()
  await stop()
  return figures
}

async function measure(store: Store, bus: Bus, tenantId: TenantId, databaseUrl: string, size: number, dataFolder: string): Promise<Figure> {
  const inspector = await inspectorPort()
  const env = { DATABASE_URL: databaseUrl, NODE_OPTIONS: `--inspect-port=${inspector}` }
  const server = await startServer(dataFolder, env, ['--no-work'])
  const jobId = await quietJob(store, tenantId)
  const idleBytes = await residentBytes(server.pid, inspector)
  const latencies: number[] = []
  let received = 0
  const streams: Socket[] = []
  const onChunk = (chunk: Buffer) => {
    const now = Date.now()
    for (const match of chunk.toString('latin1').matchAll(/"text":"t(\d+)"/g)) {
      latencies.push(now - Number(match[1]))
      received++
    }
  }
  const { hostname, port } = new URL(server.url)
  for (let i = 0; i < size; i += CONNECT_AT_ONCE) {
    streams.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(CONNECT_AT_ONCE, size - i) }, () => open(hostname, Number(port), jobId, onChunk)),
      )),
    )
  }
  const bytesEach = ((await residentBytes(server.pid, inspector)) - idleBytes) / size
  for (let i = 1; i <= BROADCASTS; i++) {
    await tell(store, bus, jobId)
    for (let waited = 0; received < i * size && waited < 10_000; waited += 10) await sleep(10)
    await sleep(100)
  }
  for (const stream of streams) stream.destroy()
  await server.stop()
  const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)]
  const missing = BROADCASTS * size - received
  return {
    name: `event → ${size.toLocaleString('en')} streams`,
    measured: `p50 ${ms(p50)}, p99 ${ms(p99)}, ${(bytesEach / 1024).toFixed(1)} KB each after a collection, ${missing} missing`,
    target: 'p99 ≤ 250 ms, ≤ 20 KB each, none missing',
    met: p99 <= 250 && bytesEach <= 20 * 1024 && missing === 0,
    against: 'raw sockets read by one process on the same cores',
  }
}

/** A running job nobody works on. */
async function quietJob(store: Store, tenantId: TenantId): Promise<JobId> {
  const id = ids.next('job')
  const now = new Date()
  await store.jobs.insert([
    {
      id,
      tenantId,
      request: {
        kind: 'sound',
        providers: [],
        prompt: 'streams',
        durationSeconds: 1,
        seed: 1,
        formats: ['hls'],
        metadata: {},
        policy: {
          profile: 'standard',
          profileVersion: 1,
          gate: 'segment',
          deadlineSeconds: null,
          priority: 0,
          retention: 'standard',
          maxTakesPerShot: 1,
          maxCostMicroUsd: null,
          onSubmitUnknown: 'ask',
        },
      },
      retryOf: null,
      state: { state: 'running', startedAt: now, playableAt: null },
      stages: newStages(['analyse'], 'sound'),
      progress: null,
      eta: null,
      plan: null,
      assetId: null,
      preview: null,
      notice: null,
      cost: { estimateMicroUsd: 0, actualMicroUsd: 0 },
      seq: 0,
      createdAt: now,
      deadlineAt: null,
    },
  ])
  return id
}

async function tell(store: Store, bus: Bus, jobId: JobId): Promise<void> {
  const job = await store.transaction(async (tx) => {
    const locked = await tx.jobs.lock(jobId)
    if (!locked) throw new Error('the job is gone')
    const next = await tx.events.append(locked, new Date(), [{ type: 'notice', data: { text: `t${Date.now()}` } }])
    await tx.jobs.save(next)
    return next
  })
  await bus.publish('job:events', { jobId, tenantId: job.tenantId, seq: job.seq })
}

/** Resolves once the first bytes of the stream are there. */
function open(host: string, port: number, jobId: JobId, onChunk: (chunk: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () =>
      socket.write(`GET /v1/jobs/${jobId}/events HTTP/1.1\r\nhost: ${host}:${port}\r\naccept: text/event-stream\r\n\r\n`),
    )
    socket.once('error', reject)
    socket.once('data', () => {
      socket.on('data', onChunk)
      resolve(socket)
    })
  })
}
