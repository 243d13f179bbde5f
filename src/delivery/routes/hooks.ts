import { SluiceError } from '../../domain/errors.ts'
import { isId } from '../../domain/ids.ts'
import type { App, Context } from '../context.ts'
import { sameToken } from '../hook-address.ts'

const MAX_BYTES = 256 * 1024

/**
 * Where providers tell of an end: `/hooks/<provider>` for those that know one address for the whole account, and
 * `/hooks/<provider>/<take>/<token>` for those that are given one with each order. The bytes are verified as they came.
 */
export async function hookRoutes(app: App, { engine, hookSecret }: Context): Promise<void> {
  await app.register(async (hooks) => {
    hooks.removeAllContentTypeParsers()
    hooks.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BYTES }, (_request, body, done) => done(null, body))
    hooks.post<{ Params: { provider: string }; Body: Buffer | undefined }>(
      '/hooks/:provider',
      { schema: { hide: true } },
      async (request, reply) => {
        const { provider } = request.params
        await engine.webhook({ provider, takeId: null, headers: headersOf(request.headers), rawBody: request.body ?? Buffer.alloc(0) })
        return reply.code(204).send()
      },
    )
    hooks.post<{ Params: { provider: string; takeId: string; token: string }; Body: Buffer | undefined }>(
      '/hooks/:provider/:takeId/:token',
      { schema: { hide: true } },
      async (request, reply) => {
        const { provider, takeId, token } = request.params
        if (hookSecret === null || !isId('tak', takeId) || !sameToken(hookSecret, provider, takeId, token))
          throw new SluiceError('webhook_invalid', 'This address was not given to a provider.', {
            fix: 'Leave the address as it came with the order.',
          })
        await engine.webhook({ provider, takeId, headers: headersOf(request.headers), rawBody: request.body ?? Buffer.alloc(0) })
        return reply.code(204).send()
      },
    )
  })
}

function headersOf(headers: NodeJS.Dict<string | string[]>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}
