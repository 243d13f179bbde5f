/**
 * Measures what Sluice promises, each figure beside its limit and, as a ratio from the same run, beside what bounds it.
 *
 *   npm run bench                      all
 *   npm run bench -- finish dispatch   some
 *   npm run bench -- --write           all, and the table of the README is made anew
 *   npm run bench -- fairness --write  some, and what they draw is drawn anew
 *   npm run bench -- playback --screenshots folder
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/compose/config.ts'
import { locateFfmpeg } from '../src/media/ffmpeg/locate.ts'
import { createMediaTool } from '../src/media/media-tool.ts'
import { startServer } from '../test/helpers/server.ts'
import { log } from './database.ts'
import { benchDispatch } from './dispatch.ts'
import { benchEventStreams } from './event-streams.ts'
import { benchFairness } from './fairness.ts'
import { fairnessSvg } from './fairness-svg.ts'
import { type Figure, tableOf } from './figures.ts'
import { benchFinish } from './finish.ts'
import { benchParked } from './parked.ts'
import { benchPlayback } from './playback.ts'
import { benchQueues } from './queues.ts'
import { benchSubmit } from './submit.ts'
import { benchTakeCost } from './take-cost.ts'
import { benchWebhooks } from './webhooks.ts'
import { benchStart, benchWholeVideo } from './whole-video.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, screenshots: { type: 'string' } },
})

/** Shown in the page on turns. */
const fairnessPlot = join(import.meta.dirname, '..', 'docs', 'how-it-works', 'fairness.svg')

const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
const serve =
  (name: string, flags: string[] = []) =>
  () =>
    startServer(join(folder, name), {}, flags)

const benches: Record<string, () => Promise<Figure | Figure[]>> = {
  submit: () => benchSubmit(serve('submit', ['--no-work'])),
  dispatch: benchDispatch,
  finish: async () => {
    const ffmpeg = await locateFfmpeg(loadConfig(process.env))
    return benchFinish(createMediaTool({ ...ffmpeg, sandbox: 'off', log }), ffmpeg.ffmpegPath)
  },
  'whole-video': () => benchWholeVideo(serve('whole')),
  'event-streams': () => benchEventStreams([1_000, 10_000], join(folder, 'streams')),
  'parked-takes': benchParked,
  webhooks: benchWebhooks,
  'take-cost': benchTakeCost,
  queues: benchQueues,
  fairness: async () => {
    const { figure, delays, bound } = await benchFairness()
    if (values.write) await writeFile(fairnessPlot, fairnessSvg(delays, bound))
    return figure
  },
  playback: () => benchPlayback(serve('playback'), values.screenshots),
  start: () => benchStart(serve('start')),
}

const chosen = positionals.length > 0 ? positionals : Object.keys(benches)
const figures: Figure[] = []
try {
  for (const name of chosen) {
    const bench = benches[name]
    if (!bench) throw new Error(`There is no bench '${name}'. Choose from: ${Object.keys(benches).join(', ')}.`)
    process.stderr.write(`${name}...\n`)
    figures.push(...[await bench()].flat())
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${process.platform}`
const text = `${tableOf(figures)}\n\nMeasured on ${machine}; timings on a shared machine, so trust the ratios.`
process.stdout.write(`${text}\n`)
if (values.write && positionals.length === 0) await writeReadme(text)

async function writeReadme(table: string): Promise<void> {
  const path = join(import.meta.dirname, '..', 'README.md')
  const readme = await readFile(path, 'utf8')
  const marked = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/
  if (!marked.test(readme)) throw new Error('README.md has no <!-- bench --> marks')
  await writeFile(path, readme.replace(marked, `$1\n${table}\n\n$2`))
}
