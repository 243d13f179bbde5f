import Fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Clock } from '../ports/clock.ts'
import type { Objects } from '../ports/objects.ts'
import { type Redirected, redirectToObject } from './redirect.ts'

const now = new Date('2026-01-01T00:00:00.000Z')
const clock = { now: () => now } as Clock
const bucket = {
  presignedUrl: async (key: string, { expiresSeconds, disposition }: { expiresSeconds: number; disposition: string }) =>
    `https://bucket.example/${key}?for=${expiresSeconds}&as=${encodeURIComponent(disposition)}`,
} as unknown as Objects
const film = { objectKey: 'jobs/a/film.mp4', sizeBytes: 1, sha256: 'aa', mimeType: 'video/mp4' }

async function ask(
  change: Partial<Redirected> & { objects?: Objects; redirects?: boolean } = {},
  method: 'GET' | 'HEAD' = 'GET',
  headers = {},
) {
  const { objects = bucket, redirects = true, ...asked } = change
  const app = Fastify()
  app.get('/film', async (request, reply) => {
    const order = { object: film, expiresAt: null, fileName: 'film.mp4', download: false, ...asked }
    return (await redirectToObject({ objects, clock, redirects }, request, reply, order)) ? reply : 'read here'
  })
  const { statusCode, headers: said } = await app.inject({ method, url: '/film', headers })
  await app.close()
  return { statusCode, location: said.location, cacheControl: said['cache-control'] }
}
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000)

test('sends to the bucket for an hour, to be asked again long before', async () => {
  expect(await ask({ download: true })).toEqual({
    statusCode: 302,
    location: `https://bucket.example/jobs/a/film.mp4?for=3600&as=${encodeURIComponent('attachment; filename="film.mp4"')}`,
    cacheControl: 'private, max-age=600',
  })
})

test('an address never outlives the asset', async () => {
  expect((await ask({ expiresAt: inSeconds(1_000.9) })).location).toContain('for=1000&')
  for (const seconds of [600, 1, 0, -1]) expect((await ask({ expiresAt: inSeconds(seconds) })).statusCode, `${seconds} s left`).toBe(200)
})

test.each([
  ['files are on disk', { objects: {} as Objects }],
  ['it is not wanted', { redirects: false }],
  ['it is no film and no sound', { object: { ...film, mimeType: 'application/json' } }],
])('reads here where %s', async (_why, change) => {
  expect((await ask(change)).statusCode).toBe(200)
})

test('reads here for a HEAD, and for who has it perhaps', async () => {
  expect((await ask({}, 'HEAD')).statusCode).toBe(200)
  expect((await ask({}, 'GET', { 'if-none-match': '"aa"' })).statusCode).toBe(200)
  expect((await ask({}, 'GET', { range: 'bytes=0-1' })).statusCode).toBe(302)
})
