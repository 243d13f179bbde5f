import send from '@fastify/send'
import { SluiceError } from '../../domain/errors.ts'
import type { App } from '../context.ts'

const READ_BYTES = 512 * 1024
/** Addresses that are never a page of the Studio. */
const API = /^\/(v1|docs|openapi\.json|healthz|readyz)(\/|$)/

/** A way up, in any spelling: no room has one in its address. */
const WAY_UP = /(^|[/\\]|%2f|%5c)(\.|%2e){2}([/\\]|%2f|%5c|$)/i

/**
 * The built Studio. Files under `/assets/` carry their hash in the name and are kept for ever; every address that is no
 * file is a room of the Studio and gets its page, which must always be asked for anew.
 */
export async function studioRoutes(app: App, folder: string): Promise<void> {
  app.get('/*', { schema: { hide: true }, config: {} }, async (request, reply) => {
    const [path = '/'] = request.url.split('?')
    const known = () => new SluiceError('not_found', `Nothing is at ${path}.`, { fix: 'The addresses of the API are in /openapi.json.' })
    // An address of the API that takes other methods says which.
    if (API.test(path)) return reply.callNotFound()
    if (WAY_UP.test(path)) throw known()
    const hashed = path.startsWith('/assets/')
    const options = { root: folder, highWaterMark: READ_BYTES, dotfiles: 'ignore', cacheControl: false } as const
    let found = await send(request.raw, path === '/' ? '/index.html' : path, options)
    const wantsPage = !/\.[A-Za-z0-9]+$/.test(path) && (request.headers.accept ?? '*/*').match(/text\/html|\*\/\*/) !== null
    if (found.type !== 'file' && wantsPage) found = await send(request.raw, '/index.html', options)
    if (found.type !== 'file' && found.statusCode !== 304 && found.statusCode !== 416) throw known()
    reply
      .headers(found.headers)
      .header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      .code(found.statusCode)
    return reply.send(found.stream)
  })
}
