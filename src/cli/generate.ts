import { resolve } from 'node:path'
import { type Client, createClient, type Job } from '../client/index.ts'
import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { SluiceError } from '../domain/errors.ts'
import { LANES } from '../domain/step.ts'
import type { AssetView } from '../wire/assets.ts'
import type { JobInput } from '../wire/jobs.ts'
import { createProgressView } from './progress-view.ts'
import { saveAsset } from './save-asset.ts'
import { serverAddress } from './server-address.ts'
import { textOf } from './text-of.ts'
import { untilStopped } from './until-stopped.ts'

export interface GenerateOptions {
  kind: JobInput['kind']
  seconds?: number
  seed?: number
  size?: string
  out: string
  server?: string
  stay?: boolean
}

/** How long to wait for the background copies (WebM, MP3) once the asset is published. */
const RENDITIONS_WITHIN_MS = 300_000
const ASK_EVERY_MS = 500
/** What a shell takes a command for that Ctrl-C ended: 128 and the signal's number. */
const INTERRUPTED = 130

/** `sluice generate`: submits, shows what happens, saves the files and says what they are. */
export async function generate(config: Config, words: string[], options: GenerateOptions): Promise<void> {
  const input = await inputOf(words, options)
  const stopped = untilStopped()
  await using stack = new AsyncDisposableStack()
  const url = options.server ? serverAddress(options.server) : await startOwn(config, stack)
  const client = createClient({ baseUrl: url, lingerMs: 0, ...(process.env['SLUICE_KEY'] && { auth: process.env['SLUICE_KEY'] }) })
  const stop = new AbortController()
  void stopped.then(() => stop.abort())
  try {
    const asset = await follow(client, url, input, stop.signal)
    if (stop.signal.aborted) return sayStopped(options)
    await report(asset, resolve(options.out), url, client)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    return sayStopped(options)
  }
  if (options.stay && !options.server) {
    process.stdout.write(`\nThe Studio stays open at ${url}/ until Ctrl-C.\n`)
    await stopped
  }
}

function sayStopped({ server }: GenerateOptions): void {
  process.exitCode = INTERRUPTED
  process.stdout.write(
    server
      ? '\nStopped watching. The server goes on with the job.\n'
      : '\nStopped. The job is kept and goes on at the next `sluice serve`.\n',
  )
}

/**
 * The server the command starts for itself; a taken port is no reason to fail here. It logs only when asked to by
 * SLUICE_LOG: how the job ends is said by the command.
 */
async function startOwn(config: Config, stack: AsyncDisposableStack): Promise<string> {
  // Only here: looking at a text or watching another server needs none of it.
  const { startApp } = await import('../compose/app.ts')
  const log = createLogger(process.env['SLUICE_LOG'] ? config.logLevel : 'silent')
  const roles = { api: true, lanes: LANES, schedules: true }
  const app = await startApp(config, roles, log).catch((error: unknown) => {
    if (SluiceError.is(error) && error.code === 'data_folder_in_use') {
      const fix =
        'Let that Sluice do it: add --server and the address it printed, e.g. --server http://127.0.0.1:8787. Or name another folder in SLUICE_DATA.'
      throw new SluiceError('data_folder_in_use', error.message, { fix, cause: error })
    }
    if (!SluiceError.is(error) || error.facts['errno'] !== 'EADDRINUSE') throw error
    return startApp({ ...config, port: 0 }, roles, log)
  })
  stack.use(app)
  return app.url ?? ''
}

async function follow(client: Client, url: string, input: JobInput, signal: AbortSignal): Promise<AssetView> {
  const quote = await client.quote(input, { signal })
  const price = quote.amountMicroUsd === 0 ? 'free' : `$${(quote.amountMicroUsd / 1e6).toFixed(4)}`
  process.stdout.write(
    `About ${Math.round(quote.durationSeconds)} s of ${input.kind}, ${price}, ready in about ${Math.round(quote.eta.p50Seconds)} s. ${quote.notes.join(' ')}\n`,
  )
  const begun = performance.now()
  let playableAfter: number | null = null
  const view = createProgressView(process.stdout)
  const asset = await client.generate(input, {
    signal,
    onSubmitted: (job: Job) => process.stdout.write(`Watch and play it while it is being made:  ${url}/jobs/${job.id}\n\n`),
    onUpdate: (snapshot) => view.show(snapshot),
    onPlayable: () => {
      playableAfter = (performance.now() - begun) / 1000
    },
  })
  view.end()
  const seconds = (performance.now() - begun) / 1000
  const first = playableAfter === null ? '' : `, the first checked segment after ${(playableAfter as number).toFixed(1)} s`
  process.stdout.write(`"${asset.title}": ${asset.durationSeconds?.toFixed(1)} s, made in ${seconds.toFixed(1)} s${first}.\n`)
  return untilComplete(client, asset, signal)
}

/** The asset with its background copies, or as it is when they take too long. */
async function untilComplete(client: Client, asset: AssetView, signal: AbortSignal): Promise<AssetView> {
  const waiting = (latest: AssetView) => latest.renditions.filter(({ state }) => state === 'making').map(({ format }) => format)
  if (waiting(asset).length > 0) process.stdout.write(`Still encoding ${waiting(asset).join(' and ')} in the background...\n`)
  const deadline = Date.now() + RENDITIONS_WITHIN_MS
  let latest = asset
  while (waiting(latest).length > 0 && Date.now() < deadline && !signal.aborted) {
    await new Promise((next) => setTimeout(next, ASK_EVERY_MS))
    latest = await client.assets.get(asset.id, { signal })
  }
  return latest
}

async function report(asset: AssetView, out: string, url: string, client: Client): Promise<void> {
  const saved = await saveAsset(asset, out, client)
  const width = Math.max(...saved.files.map(({ name }) => name.length))
  process.stdout.write(`\nIn ${saved.folder}:\n`)
  for (const { name, label, sizeBytes } of saved.files)
    process.stdout.write(`  ${name.padEnd(width)}  ${size(sizeBytes).padStart(9)}  ${label}\n`)
  const tally = new Map<string, number>()
  for (const { verdict } of asset.verdicts) tally.set(verdict, (tally.get(verdict) ?? 0) + 1)
  process.stdout.write(`\nChecks: ${[...tally].map(([verdict, count]) => `${count} ${verdict}`).join(', ')} (report.json)\n`)
  for (const { format, detail } of asset.renditions.filter(({ state }) => state === 'failed'))
    process.stdout.write(`${format} could not be made: ${detail}\n`)
  if (asset.playbackUrl) process.stdout.write(`Stream: ${new URL(asset.playbackUrl, url).href}  (while the server runs)\n`)
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

async function inputOf(words: string[], { kind, seconds, seed, size: picture }: GenerateOptions): Promise<JobInput> {
  const text = await textOf(words, kind)
  const wanted = {
    kind,
    ...(kind === 'presentation' || kind === 'speech' ? { text } : { prompt: text }),
    ...(seconds !== undefined && { durationSeconds: seconds }),
    ...(seed !== undefined && { seed }),
    ...(picture !== undefined && { size: picture }),
  }
  return wanted as JobInput
}
