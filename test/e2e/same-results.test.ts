import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createClient, type JobInput } from '../../src/client/index.ts'
import type { AssetView } from '../../src/wire/assets.ts'
import { startPostgresServer, whyNoPostgres } from '../contract/postgres-server.ts'
import { startRabbitmqServer, whyNoRabbitmq } from '../contract/rabbitmq-server.ts'
import { startRedisServer, whyNoRedis } from '../contract/redis-server.ts'
import { eventually } from '../helpers/eventually.ts'
import { startServer } from '../helpers/server.ts'

const WITHIN_MS = 120_000
const missing = whyNoPostgres() ?? whyNoRedis() ?? whyNoRabbitmq()

/** Of every kind, and in every format. */
const orders: JobInput[] = [
  { kind: 'sound', prompt: 'A door slams', durationSeconds: 1, seed: 7, formats: ['hls', 'mp3'] },
  { kind: 'music', prompt: 'calm', durationSeconds: 5, seed: 7, formats: ['hls', 'mp3'] },
  { kind: 'speech', text: 'The tide turns at noon.', seed: 7, formats: ['hls', 'm4a'] },
  { kind: 'video', prompt: 'A harbour at dawn', durationSeconds: 3, seed: 7, size: '640x360', formats: ['hls', 'mp4', 'webm'] },
]

/** Those name the job, and when and how long it was worked on. */
const OF_THE_JOB = ['report.json', 'manifest.json']

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Every file of an asset, its playlists and their segments, by name: the hash of what a viewer is given. */
async function filesOf(asset: AssetView): Promise<[name: string, sha256: string][]> {
  const found = new Map<string, string>()
  async function read(url: string): Promise<void> {
    const name = new URL(url).pathname.split(asset.id)[1] ?? url
    if (found.has(name)) return
    const response = await fetch(url)
    expect(response.status, url).toBe(200)
    const bytes = Buffer.from(await response.arrayBuffer())
    found.set(name, hashOf(bytes))
    if (!name.endsWith('.m3u8')) return
    const named = bytes.toString().matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)
    for (const [, attribute, line] of named) await read(new URL(attribute ?? line ?? '', url).href)
  }
  for (const { url } of asset.renditions) await read(url ?? '')
  for (const { name, url } of asset.files) if (!OF_THE_JOB.includes(name)) await read(url)
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

async function resultsWith(env: Record<string, string>): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'same-results-'))
  const server = await startServer(folder, env)
  try {
    const client = createClient({ baseUrl: server.url })
    const results = new Map<string, string>()
    await Promise.all(
      orders.map(async (order) => {
        const { id } = await (await client.submit(order)).wait({ timeoutMs: WITHIN_MS })
        const asset = await eventually(
          () => client.assets.get(id),
          ({ renditions }) => renditions.every(({ state }) => state === 'ready'),
          WITHIN_MS,
        )
        for (const [name, sha256] of await filesOf(asset)) results.set(`${order.kind}${name}`, sha256)
      }),
    )
    return results
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

test('the same jobs give the same bytes, whatever keeps the store and carries the steps', { timeout: 600_000 }, async ({ skip }) => {
  if (missing) return skip(missing)
  const [postgres, redis, rabbitmq] = await Promise.all([startPostgresServer(), startRedisServer(), startRabbitmqServer()])
  onTestFinished(async () => void (await Promise.all([postgres, redis, rabbitmq].map((server) => server.dispose()))))
  const fleets: Record<string, Record<string, string>> = {
    PostgreSQL: {},
    'PostgreSQL and BullMQ': { SLUICE_QUEUE: 'bullmq' },
    'Redis and BullMQ': { SLUICE_QUEUE: 'bullmq', SLUICE_BUS: 'redis', SLUICE_REDIS_URL: redis.url },
    RabbitMQ: { SLUICE_QUEUE: 'rabbitmq', SLUICE_RABBITMQ_URL: rabbitmq.url },
  }
  const embedded = await resultsWith({})
  expect([...embedded.keys()]).toEqual(
    expect.arrayContaining(['sound/files/audio.mp3', 'speech/hls/audio/0.m4s', 'video/files/video.webm', 'video/hls/360p/1.m4s']),
  )
  for (const [name, env] of Object.entries(fleets)) {
    const found = await resultsWith({ DATABASE_URL: await postgres.createDatabase(), ...env })
    expect(Object.fromEntries(found), name).toEqual(Object.fromEntries(embedded))
    process.stdout.write(`${name}: ${found.size} files like those of the embedded database, byte for byte\n`)
  }
})
