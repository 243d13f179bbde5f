import { resolve } from 'node:path'
import { z } from 'zod'
import { SluiceError } from '../domain/errors.ts'
import { pluginsFolder } from './package-files.ts'
import { providerSettings } from './provider-settings.ts'
import { cores, oneOf, optionalWholeNumber, setting, wholeNumber } from './setting.ts'

const days = optionalWholeNumber(1, 36_500)

export type ModeratorName = 'openai' | 'nsfwjs'

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
    'What carries the steps to the workers: `postgres`, the database itself, or `bullmq`, on SLUICE_REDIS_URL if set, else on DATABASE_URL.',
    oneOf('postgres', 'bullmq').default('postgres'),
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
  cpuSlots: setting(
    'SLUICE_CPU_SLOTS',
    'half the cores, at least 2',
    'FFmpeg steps at once in this process.',
    wholeNumber(1, 64, Math.max(2, Math.floor(cores / 2))),
  ),
  ioSlots: setting('SLUICE_IO_SLOTS', '32', 'Steps at once that wait on others: providers, downloads.', wholeNumber(1, 1_000, 32)),
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
  logLevel: setting(
    'SLUICE_LOG',
    'info',
    'debug, info, warn, error or silent.',
    oneOf('debug', 'info', 'warn', 'error', 'silent').default('info'),
  ),
} as const

const allSettings = { ...settings, ...providerSettings }

export type Config = { [K in keyof typeof allSettings]: z.output<(typeof allSettings)[K]['schema']> }

/** Reads the whole configuration and names every problem at once. Throws `config_invalid`. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const entries = Object.entries(allSettings).map(([name, { variable, schema }]) => {
    const given = env[variable] === '' ? undefined : env[variable]
    const parsed = schema.safeParse(given)
    if (!parsed.success) {
      // The URL of a database or of Redis has its password in it, and keys are secrets.
      const shown = /DATABASE_URL|REDIS_URL|KEY|SECRET/.test(variable) ? variable : `${variable} is ${JSON.stringify(given)}; it`
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
function missingAddresses({ queue, bus, redisUrl, databaseUrl }: Config): string[] {
  const problems: string[] = []
  if (queue === 'bullmq' && redisUrl === undefined && databaseUrl === undefined)
    problems.push('SLUICE_QUEUE is bullmq, which needs a Redis in SLUICE_REDIS_URL or a PostgreSQL in DATABASE_URL.')
  if (bus === 'redis' && redisUrl === undefined) problems.push('SLUICE_BUS is redis, which needs its address in SLUICE_REDIS_URL.')
  return problems
}
