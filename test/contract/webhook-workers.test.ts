import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { messageId } from '../../src/domain/webhook.ts'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { newJob, newWebhook, testIds } from '../../src/testing/entities.ts'
import { eventually } from '../helpers/eventually.ts'
import { webhookReceiver } from '../helpers/webhook-receiver.ts'
import { startPostgresServer, whyNoPostgres } from './postgres-server.ts'

const WORKER = fileURLToPath(new URL('./webhook-worker.ts', import.meta.url))
const JOBS = 60
const KILLS = 2

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

test('each message arrives, once or more and under one id, whatever senders are killed over it', async ({ skip }) => {
  const missing = whyNoPostgres()
  if (missing) return skip(missing)
  const server = await startPostgresServer()
  const url = await server.createDatabase()
  const store = createSqlStore({ pool: createPostgresPool(url) })
  await using receiver = await webhookReceiver()
  const startWorker = (): ChildProcess => {
    const child = spawn(process.execPath, [WORKER, url], { stdio: ['ignore', 'ignore', 'inherit'] })
    children.push(child)
    return child
  }
  try {
    await store.migrate()
    const tenantId = await store.tenants.ensure('default', testIds.next('ten'))
    const endpoint = newWebhook(tenantId, { url: receiver.url })
    await store.webhooks.insert(endpoint)
    const jobs = Array.from({ length: JOBS }, () => newJob({ tenantId }))
    await store.jobs.insert(jobs)
    for (const job of jobs)
      await store.transaction(async (tx) => {
        const { seq } = await tx.events.append(job, new Date(), [{ type: 'playable', data: {} }])
        await tx.webhooks.announce(job, new Date(), [{ id: seq, type: 'job.playable' }])
      })

    for (let kill = 0; kill < KILLS; kill++) {
      // The one it dies over has come to the receiver, and the sender never learns of it.
      const before = receiver.received.length
      receiver.answers.push(...Array(kill).fill(200), { status: 200, after: sleep(2_000) })
      const child = startWorker()
      await receiver.has(before + kill + 1)
      child.kill('SIGKILL')
      await once(child, 'exit')
      receiver.answers.length = 0
    }
    startWorker()
    const log = await eventually(
      () => store.webhooks.deliveries(endpoint.id, { limit: 2 * JOBS }),
      (deliveries) => deliveries.every(({ state }) => state === 'delivered'),
      30_000,
    )
    const expected = jobs.map(({ id }) => messageId(id, 1)).toSorted()
    expect(log.map(({ id }) => id).toSorted()).toEqual(expected)
    const arrived = receiver.received.map(({ headers }) => headers['webhook-id'])
    expect([...new Set(arrived)].toSorted()).toEqual(expected)
    expect(arrived.length, 'messages that came again').toBeGreaterThan(JOBS)
    expect(log.some(({ attempts }) => attempts > 1)).toBe(true)
  } finally {
    await store.close()
    await server.dispose()
  }
})
