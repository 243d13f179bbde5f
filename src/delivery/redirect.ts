import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from './context.ts'
import type { Sendable } from './send-object.ts'

/** How long an address of the bucket works: who pauses a film and goes on reads by the same one. */
const EXPIRES_SECONDS = 3_600
/** How long an answer that names one may be used again. What is left of the address then is enough to read with. */
const CACHED_SECONDS = 600
/** An address for less is not worth making. */
const LEAST_SECONDS = CACHED_SECONDS + 60
/** What is worth a way of its own. Texts and pictures are small, and read by scripts, which a bucket answers only with CORS. */
const HEAVY = /^(video|audio)\//

export interface Redirected {
  object: Sendable
  /** When the asset goes; `null`: never, or it is held. */
  expiresAt: Date | null
  fileName: string
  /** Offered for saving. */
  download: boolean
}

/**
 * Sends the reader of a heavy file to where it lies, by an address that works for an hour at most and never longer than the asset
 * stays. `false`: nothing was answered, read it here: files are not in a bucket, that is not wanted (`redirects`), it is a HEAD, for which an
 * address made for GET is not good, or the reader may have it already.
 */
export async function redirectToObject(
  { objects, clock, redirects = false }: Pick<Context, 'objects' | 'clock' | 'redirects'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { object, expiresAt, fileName, download }: Redirected,
): Promise<boolean> {
  if (!redirects || !objects.presignedUrl || request.method !== 'GET' || !HEAVY.test(object.mimeType)) return false
  if (request.headers['if-none-match'] !== undefined) return false
  const left = expiresAt === null ? EXPIRES_SECONDS : Math.floor((expiresAt.getTime() - clock.now().getTime()) / 1000)
  const expiresSeconds = Math.min(EXPIRES_SECONDS, left)
  if (expiresSeconds < LEAST_SECONDS) return false
  const disposition = `${download ? 'attachment' : 'inline'}; filename="${fileName}"`
  const address = await objects.presignedUrl(object.objectKey, { expiresSeconds, mimeType: object.mimeType, disposition })
  reply.removeHeader('content-disposition').header('cache-control', `private, max-age=${CACHED_SECONDS}`).redirect(address, 302)
  return true
}
