/**
 * The engine of the bench `parked-takes`, in a process of its own so that its memory is nobody else's. It answers
 * {@link Question}s and ends with its parent.
 *
 *   node bench/parked-engine.ts <database URL> <takes> <Retry-After in seconds>
 */

import { createPostgresPool } from '../src/drivers/store/postgres/pool.ts'
import type { StepHandler } from '../src/ports/stages.ts'
import { generate } from '../src/stages/generate.ts'
import { benchProvider, dutiesOf, openEngine } from './engine.ts'
import { jobId, numberOf, takeId } from './numbered-takes.ts'

/**
 * - `begin`: the n-th take is due `n * apartMs` after `firstDueMs`, in milliseconds of the epoch
 * - `figures`: {@link Figures} of the time since they were asked for last
 * - `hint`: tells of the n-th take; the answer is how many milliseconds later its provider was asked
 */
export type Question = { ask: 'begin'; firstDueMs: number; apartMs: number } | { ask: 'figures' } | { ask: 'hint'; number: number }

export interface Figures {
  polls: number
  cpuMs: number
  /** How long after its time each take was asked for, in milliseconds. */
  lateMs: number[]
}

const [url = '', takes = '', retryAfterSeconds = ''] = process.argv.slice(2)
const dueMs = new Float64Array(Number(takes))
const hinted = new Map<number, () => void>()
let lateMs: number[] = []
let polls = 0
let cpu = process.cpuUsage()

const provider = benchProvider({
  async status(ref) {
    const number = Number(ref['id'])
    polls++
    const hint = hinted.get(number)
    if (hint) hint()
    else lateMs.push(Date.now() - (dueMs[number] ?? Number.NaN))
    return { state: 'running', progress: null, retryAfterMs: Number(retryAfterSeconds) * 1000 }
  },
})

const { engine } = openEngine(createPostgresPool(url), provider, (deps) => {
  const ask = generate(deps)
  const noting: StepHandler = async (run) => {
    const result = await ask(run)
    if (result.then === 'park') dueMs[numberOf(run.step.id)] = result.wakeAt.getTime()
    return result
  }
  return { generate: noting }
})

async function answer(question: Question): Promise<unknown> {
  switch (question.ask) {
    case 'begin':
      for (let number = 0; number < dueMs.length; number++) dueMs[number] = question.firstDueMs + number * question.apartMs
      return null
    case 'figures': {
      const { user, system } = process.cpuUsage(cpu)
      const figures: Figures = { polls, cpuMs: (user + system) / 1000, lateMs }
      cpu = process.cpuUsage()
      polls = 0
      lateMs = []
      return figures
    }
    case 'hint': {
      const { promise: asked, resolve } = Promise.withResolvers<void>()
      hinted.set(question.number, resolve)
      const at = performance.now()
      engine.hintTake(jobId(question.number), takeId(question.number))
      await asked
      hinted.delete(question.number)
      return performance.now() - at
    }
  }
}

process.on('message', async (question: Question) => process.send?.(await answer(question)))
process.on('disconnect', () => process.exit())
await engine.start(dutiesOf(['io']))
process.send?.('ready')
