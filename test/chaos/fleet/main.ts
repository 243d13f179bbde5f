/**
 * Runs a whole fleet on this machine - 2 APIs, 4 workers on networks of their own, 2 schedulers, and real servers below - once for each
 * queue driver, hits it with faults over running jobs, and at the end looks whether every accepted job ended exactly once, and nothing
 * was forgotten, lost, paid twice or left behind.
 *
 *   npm run chaos:fleet                                    every queue, 2,000 jobs and 200 faults in all
 *   npm run chaos:fleet -- --queue rabbitmq --jobs 100 --faults 20 --seed 7
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { TURNS, type TurnName, whyNoTurn } from './backing.ts'
import { enclosed } from './enclosure.ts'
import { quantile } from './recovery.ts'
import { runTurn, type TurnResult } from './turn.ts'

const { values } = parseArgs({
  options: {
    queue: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '2000' },
    faults: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
})
const names = (values.queue ?? Object.keys(TURNS)).map(turnNamed)
const [jobs, faults, seed] = [wholeNumber('jobs'), wholeNumber('faults'), wholeNumber('seed')]

if (await enclosed()) await runAll()

async function runAll(): Promise<void> {
  const results: TurnResult[] = []
  for (const name of names) {
    const missing = await whyNoTurn(name)
    if (missing !== undefined) {
      say(`UNKNOWN ${name}: ${missing}`)
      process.exitCode = 1
      continue
    }
    const folder = await mkdtemp(join(tmpdir(), 'sluice-fleet-'))
    const share = (count: number) => Math.ceil(count / names.length)
    const result = await runTurn({ name, jobs: share(jobs), faults: share(faults), seed, folder, say }).catch((error: unknown) => {
      say(`WRONG ${name} broke off: ${error instanceof Error ? error.stack : error}`)
      return null
    })
    if (result) {
      results.push(result)
      show(result)
    }
    const sound = result?.wrong.length === 0
    if (!sound) {
      process.exitCode = 1
      say(`to repeat it: npm run chaos:fleet -- --queue ${name} --jobs ${share(jobs)} --faults ${share(faults)} --seed ${seed}`)
    }
    if (!sound || values.keep) say(`the logs are kept: ${folder}/logs`)
    else await rm(folder, { recursive: true, force: true })
  }
  const sum = (of: (result: TurnResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const faultCount = sum(({ faultsByKind }) => Object.values(faultsByKind).reduce((total, count) => total + count, 0))
  const wrong = sum((result) => result.wrong.length)
  say(`\nin all ${faultCount} faults over ${sum((result) => result.jobs)} jobs in ${sum(({ seconds }) => seconds)} s`)
  say(
    wrong === 0 && results.length === names.length
      ? 'every accepted job ended exactly once; no event missing; no object wrong, lost or left behind; the books agree'
      : `${wrong} things are wrong; ${names.length - results.length} queues were not tried to the end`,
  )
}

function show(result: TurnResult): void {
  const listed = (counts: Record<string, number>) => Object.entries(counts).map(([what, count]) => `${what} ${count}`)
  const of = result.name.padEnd(16)
  say(`\n${of} ${result.jobs} jobs in ${result.seconds} s: ${listed(result.jobsByEnd).join(', ')}`)
  say(
    `${of} faults: ${listed(result.faultsByKind).join(', ')}; ${result.endedByItself} processes ended by themselves and were started again`,
  )
  say(`${of} ${result.events} events, read over ${result.connections} connections; ${result.webhooks} webhooks came`)
  say(
    `${of} ${result.takes} takes, ${result.takesAgain} of them beyond the first of their part, ${result.ordersDecided} orders looked up by hand`,
  )
  say(
    `${of} the lab took ${result.labMicroUsd} micro-USD, the ledger has ${result.ledgerMicroUsd}, of which ${result.assumedMicroUsd} are assumed`,
  )
  say(`${of} ${result.objects} objects with their hashes; ${result.objectsSwept} were left behind until the sweep`)
  const all = [...result.recoverySeconds.values()].flat()
  say(`${of} from a fault to the next commit: median ${seconds(all, 0.5)} s, p99 ${seconds(all, 0.99)} s`)
  for (const [kind, found] of result.recoverySeconds)
    say(`${of}   ${kind.padEnd(18)} median ${seconds(found, 0.5)} s, p99 ${seconds(found, 0.99)} s of ${found.length}`)
  for (const wrong of result.wrong) say(`WRONG ${wrong}`)
}

function seconds(values: readonly number[], share: number): string {
  return quantile(values, share)?.toFixed(2) ?? '-'
}

function turnNamed(name: string): TurnName {
  if (Object.hasOwn(TURNS, name)) return name as TurnName
  throw new Error(`There is no queue "${name}". Queues: ${Object.keys(TURNS).join(', ')}.`)
}

function wholeNumber(option: 'jobs' | 'faults' | 'seed'): number {
  const value = Number(values[option])
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${option} must be a whole number above 0, not ${values[option]}.`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
