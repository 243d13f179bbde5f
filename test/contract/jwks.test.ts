import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createJwks, type Jwks } from '../../src/drivers/http/jwks.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'

const ed = () => generateKeyPairSync('ed25519')
const network = createNetwork()
let served: unknown[] = []
let status = 200
let fetches = 0
let clockMs = 0
const server = createServer((_request, response) => {
  fetches++
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: served }))
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`
})
afterAll(async () => {
  await network.close()
  server.close()
})
beforeEach(() => {
  fetches = 0
  status = 200
  clockMs = 1_000_000
})

const make = (): Jwks => createJwks({ vendor: 'a vendor', url, network, now: () => clockMs })
const message = Buffer.from('a message')
const accepting = (signature: Buffer) => (key: KeyObject) => verify(null, message, key, signature)

test('keys are fetched once a day, however many messages and whoever asks at the same time', async () => {
  const { publicKey, privateKey } = ed()
  served = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }]
  const jwks = make()
  const accepts = accepting(sign(null, message, privateKey))
  expect(await Promise.all([jwks.verify('one', accepts), jwks.verify(undefined, accepts), jwks.verify('one', accepts)])).toEqual([
    true,
    true,
    true,
  ])
  clockMs += 23 * 3_600_000
  expect(await jwks.verify('one', accepts)).toBe(true)
  expect(fetches).toBe(1)
  clockMs += 3_600_001
  expect(await jwks.verify('one', accepts)).toBe(true)
  expect(fetches).toBe(2)
})

test('an unknown key is looked for once a minute, so a rotation is noticed and a flood is not passed on', async () => {
  const [old, next, forger] = [ed(), ed(), ed()]
  served = [{ ...old.publicKey.export({ format: 'jwk' }), kid: 'old' }]
  const jwks = make()
  expect(await jwks.verify('old', accepting(sign(null, message, old.privateKey)))).toBe(true)
  served = [{ ...next.publicKey.export({ format: 'jwk' }), kid: 'next' }]
  const rotated = accepting(sign(null, message, next.privateKey))
  expect(await jwks.verify('next', rotated)).toBe(true)
  expect(fetches).toBe(2)
  for (let message = 0; message < 20; message++) expect(await jwks.verify('forged', rotated)).toBe(false)
  expect(await jwks.verify(undefined, accepting(sign(null, message, forger.privateKey)))).toBe(false)
  expect(fetches).toBe(2)
  clockMs += 60_001
  expect(await jwks.verify('forged', rotated)).toBe(false)
  expect(fetches).toBe(3)
})

test('a key counts for its own id only, without an id all are tried, and what cannot be read is passed over', async () => {
  const [one, two] = [ed(), ed()]
  const { x } = two.publicKey.export({ format: 'jwk' })
  served = [{ kty: 'unheard of' }, { ...one.publicKey.export({ format: 'jwk' }), kid: 'one' }, { x, kid: 'two' }]
  const jwks = make()
  const byTwo = accepting(sign(null, message, two.privateKey))
  expect(await jwks.verify('two', byTwo)).toBe(true)
  expect(await jwks.verify(undefined, byTwo)).toBe(true)
  expect(await jwks.verify('one', byTwo)).toBe(false)
  expect(
    await jwks.verify('one', () => {
      throw new Error('not a signature')
    }),
  ).toBe(false)
})

test('keys that cannot be fetched are a fault of the way, told as one', async () => {
  const jwks = make()
  status = 503
  await expect(jwks.verify('one', () => true)).rejects.toMatchObject({ code: 'provider_unavailable' })
  await expect(jwks.verify('one', () => true)).rejects.toMatchObject({ code: 'provider_unavailable' })
  expect(fetches).toBe(1)
  clockMs += 5_001
  status = 404
  await expect(jwks.verify('one', () => true)).rejects.toMatchObject({ code: 'provider_unavailable' })
  clockMs += 5_001
  status = 200
  served = []
  await expect(jwks.verify('one', () => true)).rejects.toMatchObject({ code: 'provider_unavailable' })
})
