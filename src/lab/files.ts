import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Files, LabClock, Output } from './lab.ts'

/** A day, as most vendors keep an address alive. */
const TTL_SECONDS = 86_400
const OVERSIZE_BYTES = 30 * 10 ** 9
/** More than there is, by which `wrong-length` lies. */
const LIE_BYTES = 1_000
const CHUNK_BYTES = 64 * 1024
/** What a slow download waits between two of its pieces, in lab time, and their number. */
const SLOW_SECONDS = 2
const SLOW_PIECES = 16

const EXTENSIONS: Record<string, string> = {
  'video/mp4': 'mp4',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'audio/ogg': 'ogg',
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
}

/** Serves the bytes of one vendor's outputs below `/files/`. */
export function createFiles({ app, url, clock }: { app: FastifyInstance; url: (path: string) => string; clock: LabClock }): Files {
  const addresses = new Map<string, { output: Output; diesAt: number }>()
  const issued = new WeakSet<Output>()
  const downloads = new WeakMap<Output, number>()

  app.get<{ Params: { token: string; name: string } }>('/files/:token/:name', (request, reply) => {
    const address = addresses.get(request.params.token)
    if (!address) return reply.code(404).type('text/plain').send('There is no such file.')
    if (clock.now().getTime() >= address.diesAt) return reply.code(403).type('text/plain').send('Request has expired.')
    return send(request, reply, address.output)
  })

  function send(request: FastifyRequest, reply: FastifyReply, output: Output): FastifyReply {
    const { bytes, work } = output
    const { faults } = work
    const nth = downloads.get(output) ?? 0
    if (request.method === 'GET') downloads.set(output, nth + 1)
    reply.header('accept-ranges', 'bytes').type(faults.has('wrong-type') ? 'text/html' : output.mimeType)
    if (faults.has('oversize')) return reply.header('content-length', OVERSIZE_BYTES).send(Readable.from(endless()))

    const range = rangeOf(request.headers.range, bytes.length)
    if (range === 'outside') return reply.code(416).header('content-range', `bytes */${bytes.length}`).send()
    const part = range ? bytes.subarray(range.start, range.end + 1) : bytes
    if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${bytes.length}`)
    const lies = nth === 0 && faults.has('wrong-length')
    reply.header('content-length', part.length + (lies ? LIE_BYTES : 0))
    const cutAt = nth === 0 && faults.has('truncated-body') ? Math.floor(part.length / 2) : lies ? part.length : undefined
    return reply.send(Readable.from(pieces(part, faults.has('slow'), cutAt), { objectMode: false }))
  }

  async function* pieces(bytes: Uint8Array, slow: boolean, cutAt = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    const size = slow ? Math.max(1, Math.ceil(bytes.length / SLOW_PIECES)) : CHUNK_BYTES
    for (let at = 0; at < Math.min(bytes.length, cutAt); at += size) {
      if (slow) await clock.wait(SLOW_SECONDS)
      yield bytes.subarray(at, Math.min(at + size, cutAt))
    }
    // What was sent so far must be on its way before the connection is cut.
    if (cutAt !== Number.POSITIVE_INFINITY) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      throw new Error('cut by the lab')
    }
  }

  return {
    url(output, { ttlSeconds = TTL_SECONDS, name = `${output.id}.${EXTENSIONS[output.mimeType] ?? 'bin'}` } = {}) {
      const dead = output.work.faults.has('expiring-url') && !issued.has(output)
      issued.add(output)
      const now = clock.now().getTime()
      const token = randomUUID()
      addresses.set(token, { output, diesAt: dead ? now : now + ttlSeconds * 1000 })
      return url(`/files/${token}/${name}`)
    },
    send,
    stream(reply, output) {
      const { faults } = output.work
      const cutAt = faults.has('truncated-body') ? Math.floor(output.bytes.length / 2) : undefined
      return reply.type(output.mimeType).send(Readable.from(pieces(output.bytes, faults.has('slow'), cutAt), { objectMode: false }))
    },
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  const nothing = new Uint8Array(CHUNK_BYTES)
  for (let sent = 0; sent < OVERSIZE_BYTES; sent += nothing.length) {
    yield nothing
    // Slowly: it is the claim that counts, and a client without a limit should not fill a disk in seconds.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** RFC 9110 section 14, one range. `undefined`: the whole. */
function rangeOf(header: string | undefined, sizeBytes: number): { start: number; end: number } | 'outside' | undefined {
  const [, first = '', last = ''] = header?.match(/^bytes=(\d*)-(\d*)$/) ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  return start >= sizeBytes || end < start ? 'outside' : { start, end }
}
