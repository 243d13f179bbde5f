import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { SluiceError } from '../domain/errors.ts'

/** One setting: its variable, its check, its default, what it means. `sluice config` and the README are made from this list. */
interface Setting<S extends z.ZodType> {
  variable: string
  schema: S
  /** The default as a person reads it. */
  fallback: string
  meaning: string
}

const setting = <S extends z.ZodType>(variable: string, fallback: string, meaning: string, schema: S): Setting<S> => ({ variable, schema, fallback, meaning })
const cores = availableParallelism()
const wholeNumber = (low: number, high: number, fallback: number) => z.coerce.number().int().min(low).max(high).default(fallback)

export const settings = {
  dataFolder: setting('SLUICE_DATA', './.sluice', 'Where files and the embedded database live.', z.string().min(1).default('.sluice').transform((path) => resolve(path))),
  databaseUrl: setting('DATABASE_URL', 'embedded', 'A PostgreSQL of your own (15 or newer) instead of the embedded one.', z.url({ protocol: /^postgres(ql)?$/ }).optional()),
  host: setting('SLUICE_HOST', '127.0.0.1', 'Address to listen on. Anything but loopback needs an API key first.', z.string().min(1).default('127.0.0.1')),
  port: setting('SLUICE_PORT', '8787', 'Port to listen on; 0 takes a free one.', wholeNumber(0, 65_535, 8787)),
  ffmpegPath: setting('SLUICE_FFMPEG', 'ffmpeg on the PATH', 'The FFmpeg to use.', z.string().min(1).optional()),
  ffprobePath: setting('SLUICE_FFPROBE', 'beside ffmpeg, else on the PATH', 'The ffprobe to use.', z.string().min(1).optional()),
  sandbox: setting('SLUICE_SANDBOX', 'auto', '`auto`: FFmpeg runs under bubblewrap where it works; `off`: limits only.', z.enum(['auto', 'off']).default('auto')),
  cpuSlots: setting('SLUICE_CPU_SLOTS', 'half the cores, at least 2', 'FFmpeg steps at once in this process.', wholeNumber(1, 64, Math.max(2, Math.floor(cores / 2)))),
  ioSlots: setting('SLUICE_IO_SLOTS', '32', 'Steps at once that wait on others: providers, downloads.', wholeNumber(1, 1_000, 32)),
  renderers: setting('SLUICE_RENDERERS', 'the cores, at most 4', 'Takes the local provider makes at once.', wholeNumber(1, 16, Math.min(4, Math.max(2, cores)))),
  leaseMs: setting('SLUICE_LEASE_MS', '20000', 'How long a step stays with a worker that does not answer, in milliseconds.', wholeNumber(1_000, 600_000, 20_000)),
  drainMs: setting('SLUICE_DRAIN_MS', '15000', 'How long a stop waits for running steps, in milliseconds.', wholeNumber(0, 600_000, 15_000)),
  logLevel: setting('SLUICE_LOG', 'info', 'debug, info, warn, error or silent.', z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info')),
} as const

export type Config = { [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> }

/** Reads the whole configuration and names every problem at once. Throws `config_invalid`. */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const entries = Object.entries(settings).map(([name, { variable, schema }]) => {
    const given = env[variable] === '' ? undefined : env[variable]
    const parsed = schema.safeParse(given)
    if (!parsed.success) problems.push(`${variable}=${JSON.stringify(given)}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`)
    return [name, parsed.data]
  })
  if (problems.length > 0) {
    throw new SluiceError('config_invalid', problems.join('\n'), { fix: 'Correct these variables, or unset them for the defaults.' })
  }
  return Object.fromEntries(entries) as Config
}
