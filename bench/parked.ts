import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { createSqlStore } from '../src/drivers/store/sql/store.ts'
import { log, openPool } from './database.ts'
import { databaseCpuMs } from './database-cpu.ts'
import { type Figure, ms, quantile, ratio } from './figures.ts'
import { inspectorPort, residentBytes } from './memory.ts'
import { insertJobs, insertSteps } from './numbered-takes.ts'
import type { Figures, Question } from './parked-engine.ts'

const MANY = 100_000
const FEW = 1_000
/** Between two questions for a take. The provider of the many says so by Retry-After; for the few, who are young, it is the floor. */
const MANY_PACE_SECONDS = 120
const FEW_PACE_SECONDS = 5
const HINTS = 200
/** All steps are written before the first is due, so that nothing is late from the start. */
const LEAD_MS = 8_000
const IN_TIME_MS = 1_000
const GROWTH_BYTES = 10 * 2 ** 20

interface Round extends Figures {
  seconds: number
  databaseCpuMs: number
  /** Parked steps that nobody has asked for though their time has long come. */
  forgotten: number
  hintsMs: number[]
  /** After a collection. */
  memoryBytes: number
}

/**
 * Takes in the making at a provider: what they hold while nobody works on them, what asking costs, how fast a hint is
 * followed. Memory is what a collection leaves: between two of them V8 lets as much garbage lie as it likes. Were anything
 * kept of a take or of a question, the second round over all of them would show it.
 */
export async function benchParked(): Promise<Figure> {
  const [few] = await measure(FEW, FEW_PACE_SECONDS, [20])
  const [first, second] = await measure(MANY, MANY_PACE_SECONDS, [MANY_PACE_SECONDS, MANY_PACE_SECONDS])
  if (!few || !first || !second) throw new Error('a round is missing')
  const lateMs = [...first.lateMs, ...second.lateMs]
  const hintsMs = [...first.hintsMs, ...second.hintsMs]
  const [late, hint] = [quantile(lateMs, 0.99), quantile(hintsMs, 0.99)]
  const polls = first.polls + second.polls
  const forgotten = first.forgotten + second.forgotten
  const megabytes = [few, first, second].map(({ memoryBytes }) => (memoryBytes / 2 ** 20).toFixed(0))
  return {
    name: `${MANY.toLocaleString('en')} parked takes`,
    measured: [
      `${megabytes[1]} MB after all were asked for once, ${megabytes[2]} MB after twice`,
      `${Math.round(polls / (first.seconds + second.seconds))} polls/s, p50 ${ms(quantile(lateMs, 0.5))} and p99 ${ms(late)} after their time, ${forgotten} forgotten`,
      `CPU a poll ${costOf(first, second)}`,
      `hint → asked p50 ${ms(quantile(hintsMs, 0.5))}, p99 ${ms(hint)}`,
    ].join('; '),
    target: 'flat memory, every poll in time',
    met:
      second.memoryBytes - first.memoryBytes < GROWTH_BYTES &&
      first.memoryBytes - few.memoryBytes < 2 * GROWTH_BYTES &&
      late <= IN_TIME_MS &&
      hint <= IN_TIME_MS &&
      forgotten === 0,
    against: `${FEW.toLocaleString('en')} takes: ${megabytes[0]} MB; CPU a poll at ${Math.round(few.polls / few.seconds)}/s ${costOf(few)} (${ratio(cpuMs(first, second), cpuMs(few))})`,
  }
}

const sum = (rounds: Round[], of: (round: Round) => number): number => rounds.reduce((total, round) => total + of(round), 0)
const cpuMs = (...rounds: Round[]): number => sum(rounds, (round) => round.cpuMs + round.databaseCpuMs) / sum(rounds, ({ polls }) => polls)

function costOf(...rounds: Round[]): string {
  const polls = sum(rounds, (round) => round.polls)
  const [engine, database] = [sum(rounds, (round) => round.cpuMs) / polls, sum(rounds, (round) => round.databaseCpuMs) / polls]
  return `${engine.toFixed(2)} ms and the database's ${database.toFixed(2)} ms`
}

/** Rounds of so many seconds each. Twenty minutes old takes are asked for at the provider's pace, new ones at the floor. */
async function measure(count: number, paceSeconds: number, watchSeconds: number[]): Promise<Round[]> {
  const { pool, url, stop } = await openPool()
  const store = createSqlStore({ pool, log })
  await store.migrate()
  const createdAt = new Date(Date.now() - (paceSeconds > FEW_PACE_SECONDS ? 20 * 60_000 : 0))
  await insertJobs(store, count, {
    createdAt,
    state: (number) => ({ state: 'making', ref: { id: number }, progress: null }),
    assets: false,
  })
  const port = await inspectorPort()
  const engine = fork(join(import.meta.dirname, 'parked-engine.ts'), [url, String(count), String(paceSeconds)], {
    execArgv: [`--inspect-port=${port}`],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  })
  engine.once('exit', (code) => {
    if (code !== 0) throw new Error(`the engine of the bench has ended with ${code}`)
  })
  await once(engine, 'message')
  const [firstDueMs, apartMs] = [Date.now() + LEAD_MS, (paceSeconds * 1000) / count]
  await ask(engine, { ask: 'begin', firstDueMs, apartMs })
  await insertSteps(store, 0, count, (number) => ({ state: 'parked', wakeAt: new Date(firstDueMs + number * apartMs), reason: 'at work' }))
  await pool.query('analyze')
  await sleep(Math.max(0, firstDueMs - Date.now()))
  const rounds: Round[] = []
  for (const seconds of watchSeconds) rounds.push(await watch(pool, engine, port, count, seconds))
  engine.disconnect()
  await once(engine, 'exit')
  await stop()
  return rounds
}

async function watch(pool: pg.Pool, engine: ChildProcess, port: number, count: number, seconds: number): Promise<Round> {
  await ask(engine, { ask: 'figures' })
  const [cpuMs, begun] = [await databaseCpuMs(pool), performance.now()]
  const hintsMs: number[] = []
  for (let i = 0; i < HINTS; i++) {
    await sleep(Math.max(0, ((i + 1) / HINTS) * seconds * 1000 - (performance.now() - begun)))
    // Half a round away from its own time.
    const number = Math.floor((((i + 1) / HINTS + 0.5) % 1) * count)
    hintsMs.push((await ask(engine, { ask: 'hint', number })) as number)
  }
  const figures = (await ask(engine, { ask: 'figures' })) as Figures
  const elapsed = (performance.now() - begun) / 1000
  const used = (await databaseCpuMs(pool)) - cpuMs
  const { rows } = await pool.query<{ forgotten: number }>(
    "select count(*)::integer as forgotten from sluice.step where state in ('parked', 'ready') and due_at < now() - interval '5 seconds'",
  )
  return {
    ...figures,
    seconds: elapsed,
    databaseCpuMs: used,
    forgotten: rows[0]?.forgotten ?? 0,
    hintsMs,
    memoryBytes: await residentBytes(engine.pid ?? 0, port),
  }
}

async function ask(engine: ChildProcess, question: Question): Promise<unknown> {
  engine.send(question)
  const [answer] = await once(engine, 'message')
  return answer
}
