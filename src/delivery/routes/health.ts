import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import type { App, Context } from '../context.ts'
import { withProblems } from '../openapi.ts'

const READY_WITHIN_MS = 2_000
const Status = z.object({ status: z.literal('ok'), version: z.string() })

/** For whoever watches over the process: `healthz` says it lives, `readyz` that it can work. */
export function healthRoutes(app: App, { store, version }: Context): void {
  app.get(
    '/healthz',
    { schema: { operationId: 'health', summary: 'The process lives', tags: ['server'], response: { 200: Status } } },
    async () => ({ status: 'ok' as const, version }),
  )

  app.get(
    '/readyz',
    { schema: { operationId: 'ready', summary: 'Requests can be served', tags: ['server'], response: withProblems({ 200: Status }) } },
    async () => {
      const late = AbortSignal.timeout(READY_WITHIN_MS)
      const timeout = new Promise<never>((_, reject) => {
        late.addEventListener(
          'abort',
          () => reject(new SluiceError('store_unavailable', `The database did not answer within ${READY_WITHIN_MS} ms.`)),
          { once: true },
        )
      })
      await Promise.race([store.ping(), timeout])
      return { status: 'ok' as const, version }
    },
  )
}
