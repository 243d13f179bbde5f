import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createLogger } from '../../src/compose/logger.ts'
import { createS3Objects } from '../../src/drivers/objects/s3/driver.ts'
import type { Scratch } from '../../src/ports/scratch.ts'

// What AWS answers to a request signed for another region; the servers of the tests take every one.
test.each([
  [301, 'PermanentRedirect', 'The bucket you are attempting to access must be addressed using the specified endpoint.'],
  [400, 'AuthorizationHeaderMalformed', "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'"],
])('a bucket in another region is said to be (%i %s)', async (status, code, message) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-bucket-region': 'eu-central-1' })
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><Region>eu-central-1</Region></Error>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const bucket = { name: 'files', prefix: '', endpoint, region: 'us-east-1', keys: { accessKey: 'me', secretKey: 'hunter2' } }
  await expect(createS3Objects({ bucket, scratch: {} as Scratch, log: createLogger('silent') })).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining(code),
    fix: expect.stringContaining('SLUICE_S3_REGION'),
  })
})
