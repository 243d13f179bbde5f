import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { assertPublicUrl, createNetwork } from './network.ts'

const network = createNetwork()
let asked = 0
const server = createServer((_request, reply) => {
  asked++
  reply.end('private')
})
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  server.close()
  await network.close()
})

test.each([
  'https://127.0.0.1/',
  'https://10.1.2.3/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://100.64.0.1/',
  'https://0.0.0.0/',
  'https://224.0.0.1/',
  'https://[::1]/',
  'https://[::]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  // other ways to write 127.0.0.1
  'https://2130706433/',
  'https://0x7f.1/',
  'https://017700000001/',
  'http://example.com/',
  'ftp://example.com/',
  'https://me:secret@example.com/',
])('%s is not fetched on the word of somebody else', (url) => {
  expect(() => assertPublicUrl(new URL(url), 'imageUrl')).toThrow(expect.objectContaining({ code: 'address_refused', field: 'imageUrl' }))
})

test.each(['https://example.com/a.png', 'https://8.8.8.8/', 'https://172.32.0.1/', 'https://[2606:4700::1111]/'])('%s may be', (url) => {
  expect(() => assertPublicUrl(new URL(url))).not.toThrow()
})

test('a name that leads inside is refused where the connection is made, and nothing is sent', async () => {
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`
  await expect(request(url, { dispatcher: network.guarded })).rejects.toMatchObject({ code: 'address_refused' })
  expect(asked).toBe(0)
  const { body } = await request(url, { dispatcher: network.trusted })
  expect(await body.text()).toBe('private')
})
