import { resolve } from 'node:path'
import { z } from 'zod'
import { SluiceError } from '../domain/errors.ts'
import { SAMPLERS } from '../domain/trace.ts'
import { pluginsFolder } from './package-files.ts'
import { providerSettings } from './provider-settings.ts'
import { cores, oneOf, optionalWholeNumber, setting, wholeNumber } from './setting.ts'

const days = optionalWholeNumber(1, 36_500)

export type ModeratorName = 'openai' | 'nsfwjs'

const ratioRange = 'must be a number from 0 to 1'
const portRange = 'must be a whole number from 0 to 65535'

export const settings = {
  dataFolder: setting(
    'SLUICE_DATA',
    './.sluice',
    'Where files and the embedded database live.',
    z
      .string()
      .min(1)
      .default('.sluice')
      .transform((path) => resolve(path)),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'embedded',
    'A PostgreSQL of your own (15 or newer) instead of the embedded one.',
    z.url({ protocol: /^postgres(ql)?$/, error: 'must be a URL like postgres://user:password@host:5432/database' }).optional(),
  ),
  queue: setting(
    'SLUICE_QUEUE',
    'postgres',
    'What carries due steps to the workers: `postgres`, the database itself, `rabbitmq`, or `bullmq` (on SLUICE_REDIS_URL, else DATABASE_URL).',
    oneOf('postgres', 'bullmq', 'rabbitmq').default('postgres'),
  ),
  bus: setting(
    'SLUICE_BUS',
    'postgres',
    'What tells the processes of events: `postgres`, the database itself, or `redis`.',
    oneOf('postgres', 'redis').default('postgres'),
  ),
  redisUrl: setting(
    'SLUICE_REDIS_URL',
    'none',
    'A Redis (6.2 or newer), as redis://user:password@host:6379/0, or rediss:// for TLS.',
    z.url({ protocol: /^rediss?$/, error: 'must be a URL like redis://user:password@host:6379/0' }).optional(),
  ),
  s3Bucket: setting(
    'SLUICE_S3_BUCKET',
    'none',
    'A bucket of S3 or a server like it, where files are then kept instead of the data folder.',
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'must be the name of a bucket')
      .optional(),
  ),
  s3Endpoint: setting(
    'SLUICE_S3_ENDPOINT',
    "AWS's",
    'Address of a server other than AWS; its buckets are addressed by path.',
    z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  ),
  s3Region: setting(
    'SLUICE_S3_REGION',
    "the environment's",
    'Region of the bucket; with an endpoint us-east-1, which most other servers take.',
    z
      .string()
      .regex(/^[a-z0-9-]+$/, 'must be a region like eu-central-1')
      .optional(),
  ),
  s3Prefix: setting(
    'SLUICE_S3_PREFIX',
    'none',
    'Stands before every key, so that several installations may share a bucket.',
    z
      .string()
      .max(200, 'may have 200 characters at most')
      .regex(
        /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?$/,
        'must be names of letters, digits, . _ - with slashes between',
      )
      .optional()
      .transform((prefix) => (prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`)),
  ),
  s3AccessKey: setting(
    'SLUICE_S3_ACCESS_KEY',
    "the environment's",
    'Its access key; without both keys those that the environment, the AWS profile or the role of the machine gives.',
    z.string().min(1).optional(),
  ),
  s3SecretKey: setting('SLUICE_S3_SECRET_KEY', "the environment's", 'The secret of the access key.', z.string().min(1).optional()),
  s3Redirect: setting(
    'SLUICE_S3_REDIRECT',
    'false',
    '`true`: whoever reads a video or sound file is sent to the bucket by an address signed for an hour; readers must reach it.',
    oneOf('true', 'false')
      .default('false')
      .transform((text) => text === 'true'),
  ),
  queuePrefix: setting(
    'SLUICE_QUEUE_PREFIX',
    'sluice',
    'Begins the names of queues on a broker, so that several deployments share one.',
    z
      .string()
      .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
      .default('sluice'),
  ),
  rabbitmqUrl: setting(
    'SLUICE_RABBITMQ_URL',
    'none',
    'The RabbitMQ of `SLUICE_QUEUE=rabbitmq`, 3.10 or newer: `amqp://user:password@host:5672/vhost`, or `amqps:`.',
    z
      .url({ protocol: /^amqps?$/, hostname: /./, error: 'must be a URL like amqp://user:password@host:5672/vhost' })
      .refine(isDecodable, 'must have %25 where its user, password or virtual host have a %')
      .optional(),
  ),
  host: setting(
    'SLUICE_HOST',
    '127.0.0.1',
    'Address to listen on. Anything but loopback needs an API key first.',
    z.string().min(1).default('127.0.0.1'),
  ),
  port: setting('SLUICE_PORT', '8787', 'Port to listen on; 0 takes a free one.', wholeNumber(0, 65_535, 8787)),
  ffmpegPath: setting('SLUICE_FFMPEG', 'ffmpeg on the PATH', 'The FFmpeg to use.', z.string().min(1).optional()),
  ffprobePath: setting('SLUICE_FFPROBE', 'beside ffmpeg, else on the PATH', 'The ffprobe to use.', z.string().min(1).optional()),
  sandbox: setting(
    'SLUICE_SANDBOX',
    'auto',
    '`auto`: FFmpeg runs under bubblewrap where it works; `off`: limits only.',
    oneOf('auto', 'off').default('auto'),
  ),
  transcode: setting(
    'SLUICE_TRANSCODE',
    'local',
    'Where the ladder of a video is encoded: `local`, on the workers, or `lambda`, in a function of AWS Lambda.',
    oneOf('local', 'lambda').default('local'),
  ),
  lambdaFunction: setting(
    'SLUICE_LAMBDA_FUNCTION',
    'none',
    'Its name or ARN, or `name:alias`; the keys are those that the environment, the AWS profile or the role of the machine gives.',
    z
      .string()
      .regex(/^[A-Za-z0-9:_-]{1,170}$/, 'must be the name or the ARN of a function')
      .optional(),
  ),
  lambdaRegion: setting(
    'SLUICE_LAMBDA_REGION',
    "the environment's",
    'Region of the function; best that of the bucket.',
    z
      .string()
      .regex(/^[a-z0-9-]+$/, 'must be a region like eu-central-1')
      .optional(),
  ),
  lambdaEndpoint: setting(
    'SLUICE_LAMBDA_ENDPOINT',
    "AWS's",
    'Address of a server other than AWS that is asked like Lambda.',
    z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  ),
  lambdaSlots: setting('SLUICE_LAMBDA_SLOTS', '16', 'Invocations of the function at once from this process.', wholeNumber(1, 1_000, 16)),
  cpuSlots: setting(
    'SLUICE_CPU_SLOTS',
    'half the cores, at least 2',
    'FFmpeg steps at once in this process.',
    wholeNumber(1, 64, Math.max(2, Math.floor(cores / 2))),
  ),
  ioSlots: setting('SLUICE_IO_SLOTS', '32', 'Steps at once that wait on others: providers, downloads.', wholeNumber(1, 1_000, 32)),
  jobsAtOnce: setting(
    'SLUICE_JOBS_AT_ONCE',
    '1000',
    'Jobs in the making at once, in the whole house. The others wait in the queue, where tenants take turns.',
    wholeNumber(1, 10_000_000, 1_000),
  ),
  tenantJobsAtOnce: setting(
    'SLUICE_TENANT_JOBS_AT_ONCE',
    'no limit',
    'Of these, jobs of one tenant that has no limit of its own (`sluice tenant`).',
    optionalWholeNumber(1, 10_000_000),
  ),
  tenantWaitingJobs: setting(
    'SLUICE_TENANT_WAITING_JOBS',
    '20000',
    'Jobs of one tenant that may wait for their beginning; further ones are refused with 429 `queue_full`.',
    wholeNumber(1, 10_000_000, 20_000),
  ),
  tenantJobsPerMinute: setting(
    'SLUICE_TENANT_JOBS_PER_MINUTE',
    'no limit',
    'Jobs of one tenant that are taken in within a minute, at all servers together; further ones are refused with 429 `rate_limited`.',
    optionalWholeNumber(1, 1_000_000),
  ),
  tenantWaitingSeconds: setting(
    'SLUICE_TENANT_WAITING_SECONDS',
    'no limit',
    'Nothing is taken in from a tenant whose next job has waited for longer, in seconds: 429 as well.',
    optionalWholeNumber(1, 10_000_000),
  ),
  renderers: setting(
    'SLUICE_RENDERERS',
    'half the cores, at most 4',
    'Pictures the local provider draws at once; each also keeps an encoder busy.',
    wholeNumber(1, 16, Math.min(4, Math.max(1, Math.floor(cores / 2)))),
  ),
  maxOutputBytes: setting(
    'SLUICE_MAX_OUTPUT_BYTES',
    '4294967296',
    'Larger outputs of a provider are not downloaded.',
    wholeNumber(1, Number.MAX_SAFE_INTEGER, 4 * 2 ** 30),
  ),
  orderSearchMs: setting(
    'SLUICE_ORDER_SEARCH_MS',
    '600000',
    'How long an order whose answer was lost is looked for before somebody is asked, in milliseconds.',
    wholeNumber(0, 86_400_000, 600_000),
  ),
  ephemeralHours: setting(
    'SLUICE_EPHEMERAL_HOURS',
    '24',
    'How long `ephemeral` assets stay once their job has ended, in hours.',
    wholeNumber(1, 87_600, 24),
  ),
  standardDays: setting('SLUICE_STANDARD_DAYS', 'for ever', 'How long `standard` assets stay, in days.', days),
  masterDays: setting(
    'SLUICE_MASTER_DAYS',
    'as the asset',
    'How long stays what providers delivered, in days, if that is to go before the asset.',
    days,
  ),
  moderators: setting(
    'SLUICE_MODERATORS',
    'none',
    'Who looks at prompts, pictures and texts: `openai`, `nsfwjs` (pictures, on this machine), or both with a comma.',
    z
      .string()
      .regex(/^(openai|nsfwjs)(,(openai|nsfwjs))*$/, 'must be openai, nsfwjs, or both with a comma')
      .optional()
      .transform((list) => [...new Set((list?.split(',') ?? []) as ModeratorName[])]),
  ),
  textReader: setting(
    'SLUICE_TEXT_READER',
    'none',
    'Who reads what is written in pictures, so that it is looked at: `tesseract`.',
    z.literal('tesseract', { error: 'must be tesseract' }).optional(),
  ),
  plugins: setting(
    'SLUICE_PLUGINS',
    'plugins',
    'The folder of the plug-ins `nsfwjs` and `tesseract` need, each installed with `npm ci --prefix`.',
    z
      .string()
      .min(1)
      .optional()
      .transform((path) => (path === undefined ? pluginsFolder : resolve(path))),
  ),
  webhookPrivate: setting(
    'SLUICE_WEBHOOK_PRIVATE',
    'false',
    '`true`: webhooks may go to private addresses, and by http.',
    oneOf('true', 'false')
      .default('false')
      .transform((text) => text === 'true'),
  ),
  leaseMs: setting(
    'SLUICE_LEASE_MS',
    '20000',
    'How long a step stays with a worker that does not answer, in milliseconds.',
    wholeNumber(1_000, 600_000, 20_000),
  ),
  drainMs: setting(
    'SLUICE_DRAIN_MS',
    '15000',
    'How long a stop waits for running steps, in milliseconds.',
    wholeNumber(0, 600_000, 15_000),
  ),
  transcriber: setting(
    'SLUICE_TRANSCRIBER',
    'offline',
    'Who holds voices against their scripts: `offline` on this machine (English, French), `openai` or a server like it, `elevenlabs`, or `off`.',
    oneOf('offline', 'openai', 'elevenlabs', 'off').default('offline'),
  ),
  transcriberUrl: setting(
    'SLUICE_TRANSCRIBER_URL',
    "the vendor's",
    'Its address, with its `/v1`: whisper.cpp, speaches, LocalAI, vLLM and their likes are `openai`.',
    z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  ),
  transcriberKey: setting(
    'SLUICE_TRANSCRIBER_KEY',
    "the provider's",
    'Its key, if that is not the one of the provider of this name.',
    z.string().min(1).optional(),
  ),
  transcriberModel: setting(
    'SLUICE_TRANSCRIBER_MODEL',
    'whisper-1, scribe_v2',
    'Its model. One that times words finds faults to the tenth of a second.',
    z.string().min(1).optional(),
  ),
  metricsToken: setting(
    'SLUICE_METRICS_TOKEN',
    'none',
    'Who may read `/metrics`: a bearer token of 16 characters or more. Without one it answers on this machine only.',
    z
      .string()
      .regex(/^\S{16,}$/, 'must be at least 16 characters without spaces')
      .optional(),
  ),
  metricsPort: setting(
    'SLUICE_METRICS_PORT',
    'none',
    'The port on SLUICE_HOST where `sluice worker` serves its `/metrics`; `sluice serve` has them on its own.',
    z.coerce.number({ error: portRange }).int(portRange).min(0, portRange).max(65_535, portRange).optional(),
  ),
  traceEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'none',
    'Where traces are sent: the address of a collector for OTLP over HTTP, like http://127.0.0.1:4318.',
    z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
  ),
  traceService: setting('OTEL_SERVICE_NAME', 'sluice', 'What this process is called in traces.', z.string().min(1).default('sluice')),
  traceSampler: setting(
    'OTEL_TRACES_SAMPLER',
    'parentbased_always_on',
    "Which traces are kept: one of OpenTelemetry's names, as parentbased_traceidratio.",
    oneOf(...SAMPLERS).default('parentbased_always_on'),
  ),
  traceSamplerRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    '1',
    'The share of traces a sampler with `ratio` in its name keeps, 0 to 1.',
    z.coerce.number({ error: ratioRange }).min(0, ratioRange).max(1, ratioRange).default(1),
  ),
  logLevel: setting(
    'SLUICE_LOG',
    'info',
    'debug, info, warn, error or silent.',
    oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'),
  ),
} as const

/** The client decodes each part of the URL, and a lone % cannot be. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

const allSettings = { ...settings, ...providerSettings }

export type Config = { [K in keyof typeof allSettings]: z.output<(typeof allSettings)[K]['schema']> }

/** Reads the whole configuration and names every problem at once. Throws `config_invalid`. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const entries = Object.entries(allSettings).map(([name, { variable, schema }]) => {
    const given = env[variable] === '' ? undefined : env[variable]
    const parsed = schema.safeParse(given)
    if (!parsed.success) {
      // The URLs of a database, of brokers and of a collector have their passwords in them, and keys are secrets.
      const shown = /DATABASE_URL|REDIS_URL|RABBITMQ_URL|OTLP_ENDPOINT|KEY|SECRET|TOKEN/.test(variable)
        ? variable
        : `${variable} is ${JSON.stringify(given)}; it`
      problems.push(`${shown} ${[...new Set(parsed.error.issues.map(({ message }) => message))].join(' and ')}.`)
    }
    return [name, parsed.data]
  })
  const config = Object.fromEntries(entries) as Config
  if (problems.length === 0) problems.push(...missingAddresses(config))
  if (problems.length > 0) {
    const detail = problems.length === 1 ? problems.join('') : [`${problems.length} settings are wrong.`, ...problems].join('\n')
    throw new SluiceError('config_invalid', detail, {
      fix: problems.length === 1 ? 'Correct it, or unset it for the default.' : 'Correct them, or unset them for the defaults.',
    })
  }
  return config
}

/** What was chosen without saying where it is. */
function missingAddresses({ queue, bus, redisUrl, rabbitmqUrl, databaseUrl, transcode, lambdaFunction, s3Bucket }: Config): string[] {
  const problems: string[] = []
  if (queue === 'bullmq' && redisUrl === undefined && databaseUrl === undefined)
    problems.push('SLUICE_QUEUE is bullmq, which needs a Redis in SLUICE_REDIS_URL or a PostgreSQL in DATABASE_URL.')
  if (queue === 'rabbitmq' && rabbitmqUrl === undefined)
    problems.push('SLUICE_QUEUE is rabbitmq, which needs its address in SLUICE_RABBITMQ_URL, like amqp://user:password@host:5672/vhost.')
  if (bus === 'redis' && redisUrl === undefined) problems.push('SLUICE_BUS is redis, which needs its address in SLUICE_REDIS_URL.')
  if (transcode === 'lambda' && lambdaFunction === undefined)
    problems.push('SLUICE_TRANSCODE is lambda, which needs the name of the function in SLUICE_LAMBDA_FUNCTION.')
  if (transcode === 'lambda' && s3Bucket === undefined)
    problems.push('SLUICE_TRANSCODE is lambda, which reads and writes files in a bucket: SLUICE_S3_BUCKET is not set.')
  return problems
}
