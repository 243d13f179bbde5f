import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { newJob, newStep } from '../../src/testing/entities.ts'
import { startPostgresServer, whyNoPostgres } from './postgres-server.ts'

const WORKER = fileURLToPath(new URL('./store-worker.ts', import.meta.url))
const JOBS = 8
const STEPS_PER_JOB = 40

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function startWorker(url: string): { child: ChildProcess; someDone: Promise<unknown> } {
  const child = spawn(process.execPath, [WORKER, url], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  return { child, someDone: once(child.stdout, 'data') }
}

test('each step takes effect exactly once, whatever workers are killed over it', async ({ skip }) => {
  const missing = whyNoPostgres()
  if (missing) return skip(missing)
  const server = await startPostgresServer()
  const url = await server.createDatabase()
  const store = createSqlStore({ pool: createPostgresPool(url) })
  try {
    await store.migrate()
    const jobs = Array.from({ length: JOBS }, () => newJob())
    const steps = jobs.map((job) => Array.from({ length: STEPS_PER_JOB }, () => newStep(job.id)))
    for (const [i, job] of jobs.entries()) {
      await store.jobs.insert([job])
      await store.steps.insert(steps[i] ?? [])
    }

    for (let kill = 0; kill < 4; kill++) {
      const { child, someDone } = startWorker(url)
      await someDone
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const last = [startWorker(url), startWorker(url)].map(({ child }) => once(child, 'exit'))
    expect((await Promise.all(last)).map(([code]) => code)).toEqual([0, 0])

    let reclaimed = 0
    for (const [i, job] of jobs.entries()) {
      const ended = await store.steps.ofJob(job.id)
      expect(ended.every(({ state }) => state.state === 'done')).toBe(true)
      reclaimed += ended.filter(({ attempt }) => attempt > 1).length
      const effects = await store.events.read(job.id, 0, 10_000)
      expect(effects.map(({ id }) => id)).toEqual(Array.from({ length: STEPS_PER_JOB }, (_, n) => n + 1))
      expect(effects.map(({ data }) => (data as { stepId: string }).stepId).toSorted()).toEqual(steps[i]?.map(({ id }) => id).toSorted())
    }
    expect(reclaimed, 'steps whose first worker was killed').toBeGreaterThan(0)
  } finally {
    await store.close()
    await server.dispose()
  }
})
