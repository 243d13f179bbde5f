import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { openStore } from '../../src/compose/open-store.ts'
import type { Job } from '../../src/domain/job.ts'
import { newDeadLetter, newJob, newStep } from '../../src/testing/entities.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'

test('sluice dead-letters lists those of all tenants, begins each again in its way beside a process that runs, and lets go', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-dead-letters-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = { SLUICE_DATA: join(folder, 'data'), SLUICE_LOG: 'warn', DATABASE_URL: undefined }
  const command = (...args: string[]) => sluice(['dead-letters', ...args], { env })
  await using stack = new AsyncDisposableStack()
  const { store } = await openStore(loadConfig(env), createLogger('silent'), stack)
  const outcome = { class: 'internal', detail: 'It broke.', retry: 'same', charged: 'no' } as const
  const { request } = newJob()
  const failed = newJob({
    state: { state: 'failed', endedAt: new Date(), outcome },
    request: { ...request, voice: 'default' } as Job['request'],
  })
  const stands = newJob({ state: { state: 'failed', endedAt: new Date(), outcome } })
  await store.jobs.insert([failed, stands])
  const step = newStep(
    stands.id,
    { name: 'cleanup' },
    { tenantId: stands.tenantId, state: { state: 'failed', error: { code: 'storage_full', detail: 'Full.' } } },
  )
  await store.steps.insert([step])
  const ofJob = newDeadLetter(failed)
  const ofStep = newDeadLetter(stands, { about: { kind: 'step', stepId: step.id, step: 'cleanup' }, error: { detail: 'Full.' } })
  const letGo = newDeadLetter(stands)
  for (const letter of [ofJob, ofStep, letGo]) await store.deadLetters.insert(letter)

  const listed = (await command()).stdout.split('\n').filter((line) => line.startsWith('dlt_'))
  expect(listed.map((line) => line.split(' ')[0])).toEqual([letGo.id, ofStep.id, ofJob.id])
  expect(listed[1]).toMatch(new RegExp(`step cleanup +${stands.id}  of ${stands.tenantId}`))

  expect((await command('retry', ofStep.id)).stdout).toBe(`the step cleanup of ${stands.id} is done again\n`)
  expect((await store.steps.get(step.id))?.state.state).toBe('ready')
  const { stdout, stderr } = await command('retry', ofJob.id)
  const [again] = await store.jobs.list(failed.tenantId, { limit: 1 })
  expect([again?.retryOf, stdout], stderr).toEqual([failed.id, `${again?.id} tries again what ${failed.id} could not\n`])
  expect((await command('dismiss', letGo.id)).stdout).toBe(`${letGo.id} is dismissed\n`)
  expect(await store.deadLetters.listOpen({ tenantId: null, limit: 1 })).toEqual([])
  expectRefusal(await command('retry', letGo.id), /was dismissed already/, /See its job/)
})
