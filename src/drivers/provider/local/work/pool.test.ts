import { afterEach, expect, test } from 'vitest'
import type { GenerateRequest } from '../../../../domain/generate.ts'
import type { Logger } from '../../../../ports/logger.ts'
import { createPool, type Pool, type PoolEvent } from './pool.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
let pool: Pool | undefined
afterEach(() => pool?.close())

/** A thread that dies of takes named `die`, never answers for `hang`, and makes the others. */
const moody = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', (message) => {
      if (message.type === 'cancel') return
      const { takeId } = message.order
      if (takeId.startsWith('die')) process.exit(3)
      if (takeId.startsWith('hang')) for (;;) {}
      parentPort.postMessage({ type: 'progress', takeId, fraction: 0.5 })
      parentPort.postMessage({ type: 'made', takeId, outputs: [] })
    })
    parentPort.postMessage({ type: 'ready' })`)}`,
)
const stillborn = new URL(`data:text/javascript,${encodeURIComponent("throw new Error('born dead')")}`)
const picture: GenerateRequest = { kind: 'video', prompt: 'x', durationSeconds: 1, width: 64, height: 64, fps: 1, seed: 1 }

/** Adds a take; resolves with all it was told once it has ended. */
function run(target: Pool, takeId: string, rank = 0, told: (event: PoolEvent) => void = () => {}): Promise<PoolEvent['type'][]> {
  return new Promise((resolve) => {
    const types: PoolEvent['type'][] = []
    target.add({ takeId, request: picture, folder: '/nowhere', ffmpegPath: 'ffmpeg' }, rank, (event) => {
      types.push(event.type)
      told(event)
      if (event.type !== 'started' && event.type !== 'progress') resolve(types)
    })
  })
}

test('a thread that dies takes only its own take with it and is replaced', async () => {
  pool = createPool({ pictureThreads: 1, log, threadFile: moody })
  const results = await Promise.all(['die-1', 'live-1', 'die-2', 'live-2'].map((takeId) => run(pool as Pool, takeId)))
  expect(results).toEqual([
    ['started', 'lost'],
    ['started', 'progress', 'made'],
    ['started', 'lost'],
    ['started', 'progress', 'made'],
  ])
})

test('a thread that does not listen is replaced when its take is cancelled, and the others go on', async () => {
  pool = createPool({ pictureThreads: 1, log, threadFile: moody, cancelLimitMs: 50 })
  const hanging = run(pool, 'hang', 0, (event) => {
    if (event.type === 'started') pool?.cancel('hang')
  })
  const after = run(pool, 'after')
  expect(await hanging).toEqual(['started', 'cancelled'])
  expect(await after).toEqual(['started', 'progress', 'made'])
})

test('threads that die at birth end the takes as lost instead of being started for ever', async () => {
  pool = createPool({ pictureThreads: 2, log, threadFile: stillborn })
  expect(await run(pool, 'one')).toEqual(['lost'])
  expect(await run(pool, 'two')).toEqual(['lost'])
})

test('closing tells those that wait and those at work', async () => {
  pool = createPool({ pictureThreads: 1, log, threadFile: moody })
  let started = (): void => {}
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  const hanging = run(pool, 'hang', 5, ({ type }) => type === 'started' && started())
  await running
  const waiting = run(pool, 'waiting', 5)
  await pool.close()
  expect(await hanging).toEqual(['started', 'lost'])
  expect(await waiting).toEqual(['lost'])
})

test('a take someone waits for does not wait behind one nobody waits for', async () => {
  pool = createPool({ pictureThreads: 1, log, threadFile: moody })
  let started = (): void => {}
  const running = new Promise<void>((resolve) => {
    started = resolve
  })
  void run(pool, 'hang', 100, ({ type }) => type === 'started' && started())
  await running
  void run(pool, 'later', 101)
  expect(await run(pool, 'first', 0)).toEqual(['started', 'progress', 'made'])
})
