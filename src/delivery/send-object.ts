import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Objects } from '../ports/objects.ts'
import { parseRange } from './byte-range.ts'

/** One read, one write: small ones cost three times the CPU. */
const READ_BYTES = 512 * 1024

/** Bytes below one address that never change. */
export const IMMUTABLE = 'private, max-age=31536000, immutable'
/** Things that still change. */
export const NO_STORE = 'no-store'
/** Things that are finished, though their making may still add to the list around them. */
export const SHORT = 'private, max-age=60'

/** An object as a row describes it. */
export interface Sendable {
  objectKey: string
  sizeBytes: number
  sha256: string
  mimeType: string
}

/**
 * Answers with an object: whole, a range of it, or nothing but the head, by what the request says
 * (RFC 9110: `If-None-Match`, `If-Range`, `Range`, HEAD). Nothing is read for a HEAD or a 304.
 */
export async function sendObject(
  request: FastifyRequest,
  reply: FastifyReply,
  objects: Objects,
  object: Sendable,
  cacheControl: string,
): Promise<FastifyReply> {
  const { sizeBytes, mimeType } = object
  const etag = `"${object.sha256}"`
  reply.header('etag', etag).header('cache-control', cacheControl).header('accept-ranges', 'bytes')
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  const ifRange = request.headers['if-range']
  const rangeAsked = ifRange === undefined || ifRange === etag ? request.headers.range : undefined
  const range = parseRange(rangeAsked, sizeBytes)
  reply.type(mimeType).header('content-length', range ? range.end - range.start + 1 : sizeBytes)
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  // An empty stream: for any other empty answer the framework would declare a length of 0.
  if (request.method === 'HEAD') return reply.send(Readable.from([]))
  const body = await objects.get(object.objectKey, range)
  return reply.send(Readable.from(body.stream, { objectMode: false, highWaterMark: READ_BYTES }))
}

/** Weak comparison, as `If-None-Match` wants it. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
