import { createClient } from '../client/index.ts'
import type { JobView } from '../wire/jobs.ts'
import { createProgressView, progressLines } from './progress-view.ts'
import { serverAddress } from './server-address.ts'

interface Where {
  server: string
}

const clientOf = ({ server }: Where) =>
  createClient({ baseUrl: serverAddress(server), lingerMs: 0, ...(process.env['SLUICE_KEY'] && { auth: process.env['SLUICE_KEY'] }) })
const print = (line: string) => process.stdout.write(`${line}\n`)

export async function list(where: Where, options: { state?: string; limit: number; json?: boolean }): Promise<void> {
  const { jobs } = await clientOf(where).jobs.list({
    limit: options.limit,
    ...(options.state && { state: options.state as JobView['state'] }),
  })
  if (options.json) return void print(JSON.stringify(jobs, null, 2))
  if (jobs.length === 0) return void print('No jobs.')
  for (const job of jobs) {
    const percent = job.progress === null ? '   –' : `${Math.floor(job.progress * 100)} %`.padStart(5)
    print(`${job.id}  ${job.state.padEnd(9)} ${percent}  ${job.kind.padEnd(12)} ${job.title}`)
  }
}

export async function show(where: Where, id: string, options: { json?: boolean }): Promise<void> {
  const job = await clientOf(where).jobs.get(id)
  if (options.json) return void print(JSON.stringify(job, null, 2))
  print(`${job.title}\n${job.id}, ${job.kind}, ${job.state}\n`)
  for (const line of progressLines(job)) print(line)
  if (job.outcome)
    print(`\n${job.outcome.code ?? job.outcome.class}: ${job.outcome.detail}${job.outcome.fix ? `\n${job.outcome.fix}` : ''}`)
  if (job.playback) print(`\nPlays at ${new URL(job.playback.url, where.server).href}`)
}

export async function watch(where: Where, id: string): Promise<void> {
  const job = clientOf(where).job(id)
  const view = createProgressView(process.stdout)
  const stop = job.subscribe(() => {
    const snapshot = job.getSnapshot()
    if (snapshot) view.show(snapshot)
  })
  try {
    const asset = await job.wait()
    view.end()
    print(`Asset ${asset.id}`)
  } finally {
    stop()
  }
}

export async function cancel(where: Where, id: string): Promise<void> {
  const job = await clientOf(where).job(id).cancel()
  print(`${job.id} is ${job.state}`)
}

export async function retry(where: Where, id: string): Promise<void> {
  const job = await clientOf(where).job(id).retry()
  print(`${job.id} tries again what ${id} could not`)
}
