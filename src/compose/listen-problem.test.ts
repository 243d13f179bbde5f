import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listenProblem } from './listen-problem.ts'

/** Tries to listen, and tells what is said of the failure. */
async function problemOf(host: string, port: number): Promise<unknown> {
  const server = createServer()
  onTestFinished(() => void server.close())
  const failed = once(server, 'listening').then(
    () => null,
    (error: unknown) => error,
  )
  server.listen({ host, port })
  return listenProblem(await failed, { host, port })
}

test('a port that is taken', async () => {
  const first = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void first.close())
  await once(first, 'listening')
  const { port } = first.address() as AddressInfo
  expect(await problemOf('127.0.0.1', port)).toMatchObject({
    code: 'config_invalid',
    field: 'SLUICE_PORT',
    message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`),
  })
})

test('an address that is not of this machine, by number and by name', async () => {
  for (const host of ['203.0.113.7', 'no-such-host.invalid']) {
    expect(await problemOf(host, 0)).toMatchObject({ code: 'config_invalid', field: 'SLUICE_HOST', message: expect.stringContaining(host) })
  }
})

test('anything else stays what it is', () => {
  const error = new Error('other')
  expect(listenProblem(error, { host: '127.0.0.1', port: 1 })).toBe(error)
})
