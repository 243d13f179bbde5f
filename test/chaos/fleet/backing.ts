import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type PostgresServer, startPostgresServer, whyNoPostgres } from '../../contract/postgres-server.ts'
import { type RabbitmqServer, startRabbitmqServer, whyNoRabbitmq } from '../../contract/rabbitmq-server.ts'
import { type RedisServer, startRedisServer, whyNoRedis } from '../../contract/redis-server.ts'
import { type S3Server, startS3Server, whyNoS3Server } from '../../contract/s3-server.ts'

/** What carries steps, what tells of events, and where files are kept. */
export const TURNS = {
  postgres: { queue: 'postgres', bus: 'postgres', redis: false, rabbitmq: false, bucket: false },
  'bullmq-redis': { queue: 'bullmq', bus: 'redis', redis: true, rabbitmq: false, bucket: true },
  'bullmq-postgres': { queue: 'bullmq', bus: 'postgres', redis: false, rabbitmq: false, bucket: false },
  rabbitmq: { queue: 'rabbitmq', bus: 'postgres', redis: false, rabbitmq: true, bucket: false },
} as const

export type TurnName = keyof typeof TURNS

/** 8 processes with at most 17 connections each and 8 more of BullMQ, and who looks at the end. */
const MAX_CONNECTIONS = 300
const BUCKET = 'fleet'
/** Beside a fleet at work, on few cores. */
const RABBITMQ_START_TIMEOUT_MS = 180_000

/** The servers a fleet stands on. */
export interface Backing {
  /** Settings that name them. */
  env: Record<string, string>
  postgres: PostgresServer
  redis: RedisServer | null
  rabbitmq: RabbitmqServer | null
  s3: S3Server | null
  dispose(): Promise<void>
}

/** Why a turn cannot be had here and how to mend it; `undefined` when it can. */
export async function whyNoTurn(name: TurnName): Promise<string | undefined> {
  const { redis, rabbitmq, bucket } = TURNS[name]
  const reasons = [whyNoPostgres(), redis && whyNoRedis(), rabbitmq && whyNoRabbitmq(), bucket && (await whyNoS3Server())]
  return reasons.find((reason) => typeof reason === 'string') || undefined
}

/** Starts them on this address, which every machine of the fleet reaches. */
export async function startBacking(name: TurnName, host: string): Promise<Backing> {
  const turn = TURNS[name]
  await using stack = new AsyncDisposableStack()
  const own = <T extends { dispose(): Promise<void> }>(server: T): T => {
    stack.defer(() => server.dispose())
    return server
  }
  const postgres = own(await startPostgresServer({ host, maxConnections: MAX_CONNECTIONS }))
  const env: Record<string, string> = { DATABASE_URL: await postgres.createDatabase(), SLUICE_QUEUE: turn.queue, SLUICE_BUS: turn.bus }
  const redis = turn.redis ? own(await startRedisServer('--bind', host, '127.0.0.1', '--protected-mode', 'no')) : null
  if (redis) env['SLUICE_REDIS_URL'] = redis.url.replace('127.0.0.1', host)
  const rabbitmq = turn.rabbitmq ? own(await startRabbitmqServer({ host, startTimeoutMs: RABBITMQ_START_TIMEOUT_MS })) : null
  if (rabbitmq) env['SLUICE_RABBITMQ_URL'] = rabbitmq.url
  const s3 = turn.bucket ? own(await startS3Server({ host })) : null
  if (s3) Object.assign(env, await bucket(s3))
  const owned = stack.move()
  return { env, postgres, redis, rabbitmq, s3, dispose: () => owned.disposeAsync() }
}

async function bucket({ endpoint, accessKey, secretKey }: S3Server) {
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey }
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  client.destroy()
  return {
    SLUICE_S3_BUCKET: BUCKET,
    SLUICE_S3_ENDPOINT: endpoint,
    SLUICE_S3_ACCESS_KEY: accessKey,
    SLUICE_S3_SECRET_KEY: secretKey,
  }
}
