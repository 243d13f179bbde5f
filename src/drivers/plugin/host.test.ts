import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Logger } from '../../ports/logger.ts'
import { createPluginHost, type PluginHost } from './host.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const never = new AbortController().signal
let folder: string
let host: PluginHost

/** Counts how often it was asked since its start; dies, hangs or fails when asked to. */
const moody = `
  let asked = 0
  export const open = async () => ({
    async ask(request) {
      asked++
      console.log('what a plug-in prints is not for the server')
      if (request === 'die') process.exit(3)
      if (request === 'hang') for (;;) {}
      if (request === 'throw') throw new Error('not this one')
      return { request, asked }
    },
  })`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-plugin-'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'index.js'), moody)
})
afterEach(() => host.close())
afterAll(() => rm(folder, { recursive: true, force: true }))

const open = (options: { limitMs?: number; folder?: string } = {}) => {
  host = createPluginHost({ folder, title: 'moody', log, ...options })
  return (request: unknown, signal: AbortSignal = never) => host.ask(request, { signal })
}

test('one thread answers in the order of coming', async () => {
  const ask = open()
  expect(await Promise.all(['a', 'b', 'c'].map((request) => ask(request)))).toEqual([
    { request: 'a', asked: 1 },
    { request: 'b', asked: 2 },
    { request: 'c', asked: 3 },
  ])
})

test('what it cannot answer is told in its words, and it goes on', async () => {
  const ask = open()
  await expect(ask('throw')).rejects.toMatchObject({ code: 'provider_failed', message: 'moody could not answer: not this one' })
  expect(await ask('a')).toEqual({ request: 'a', asked: 2 })
})

test('a thread that dies takes only what it was asked with it, and the next one is answered by another', async () => {
  const ask = open()
  const [died, after] = await Promise.allSettled([ask('die'), ask('a')])
  expect(died).toMatchObject({ status: 'rejected', reason: { code: 'provider_unavailable' } })
  expect(after).toMatchObject({ status: 'fulfilled', value: { request: 'a', asked: 1 } })
})

test('a thread that does not answer in time is replaced', async () => {
  const ask = open({ limitMs: 3_000 })
  const [hung, after] = await Promise.allSettled([ask('hang'), ask('a')])
  expect(hung).toMatchObject({ reason: { code: 'provider_unavailable', message: 'moody is not there: there was no answer within 3 s' } })
  expect(after).toMatchObject({ value: { request: 'a', asked: 1 } })
})

test('who no longer waits is let go at once, and is not asked about', async () => {
  const ask = open()
  const stop = new AbortController()
  const waiting = [ask('a'), ask('b', stop.signal), ask('c')]
  const reason = new Error('nobody waits')
  stop.abort(reason)
  expect(await Promise.allSettled(waiting)).toMatchObject([{ value: { asked: 1 } }, { reason }, { value: { request: 'c', asked: 2 } }])
  await expect(ask('d', stop.signal)).rejects.toBe(reason)
})

test('a plug-in that is not there is said to be, with the line that installs it', async () => {
  const ask = open({ folder: join(folder, 'nowhere') })
  await expect(ask('a')).rejects.toMatchObject({
    code: 'provider_unavailable',
    message: expect.stringContaining('nowhere'),
    fix: `npm ci --prefix ${join(folder, 'nowhere')}`,
  })
})

test('closing answers those who wait', async () => {
  const ask = open()
  const waiting = [ask('hang'), ask('a')]
  const ended = Promise.allSettled(waiting)
  await host.close()
  expect(await ended).toMatchObject([{ reason: { code: 'provider_unavailable' } }, { reason: { code: 'provider_unavailable' } }])
  await expect(ask('b')).rejects.toMatchObject({ code: 'provider_unavailable' })
})
