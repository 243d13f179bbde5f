/**
 * A worker process to be killed: takes due steps of the database of the URL it is given, and gives each its effect, an event
 * of the step's job, in the transaction that ends the step. Prints `done` for each. Ends when nothing is open.
 */
import { LANES } from '../../src/domain/step.ts'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { QUEUES } from '../../src/ports/store.ts'

const LEASE_MS = 400

const pool = createPostgresPool(process.argv[2] ?? '', { max: 8 })
const store = createSqlStore({ pool })
const workerId = String(process.pid)

async function work(): Promise<void> {
  for (;;) {
    // Named again and again, to several workers: only the claim decides.
    const waiting = await store.steps.waiting(QUEUES, 5)
    const due = await store.steps.hint(
      waiting.map(({ id }) => id),
      1,
    )
    for (const { id } of due) {
      const step = await store.steps.claim(id, workerId, LEASE_MS)
      if (!step) continue
      await store.transaction(async (tx) => {
        const job = await tx.jobs.lock(step.jobId)
        if (!job || !(await tx.steps.hold(id, step.attempt))) return
        await tx.jobs.save(await tx.events.append(job, new Date(), [{ type: 'effect', data: { stepId: id } }]))
        await tx.steps.leave(id, step.attempt, { state: 'done' }, 0)
      })
      process.stdout.write('done\n')
    }
    if (waiting.length === 0 && (await store.steps.nextDueInMs(LANES, LEASE_MS * 2)) === LEASE_MS * 2) return
  }
}

await Promise.all(Array.from({ length: 4 }, work))
await store.close()
