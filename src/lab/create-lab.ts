import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { locateFfmpeg } from '../media/ffmpeg/locate.ts'
import type { Book } from './book.ts'
import { createBook } from './book.ts'
import { createLabClock } from './clock.ts'
import { controlRoutes } from './control-routes.ts'
import { createDials, type DialRates, type Dials } from './dials.ts'
import { createFiles } from './files.ts'
import type { Lab, LabClock, LabVendor, Order, Taken, Work, Works } from './lab.ts'
import { createFfmpegMaker } from './media/ffmpeg-maker.ts'
import { createHearing } from './media/hearing.ts'
import type { Maker } from './media/maker.ts'
import { createMailroom, type Delivery } from './webhooks.ts'
import { createWorkShop } from './works.ts'

const BODY_LIMIT_BYTES = 64 * 2 ** 20
const RETRY_AFTER_SECONDS = 1
/** How long a slow answer takes, in lab time. */
const SLOW_SECONDS = 30

export interface LabOptions {
  vendors: readonly LabVendor[]
  /** Default: FFmpeg's test pictures and tones. */
  maker?: Maker
  /** Where FFmpeg is, unless it is on the PATH. */
  ffmpeg?: { ffmpegPath?: string | undefined; ffprobePath?: string | undefined }
  /** The address to listen on, and by which its files are reached. Default `127.0.0.1`. */
  host?: string
  /** Default 0: any free one. */
  port?: number
  /** How much faster lab time runs. Default 1,000: a work takes milliseconds. */
  speed?: number
  /** Same seed and same orders, same faults. Default 1. */
  seed?: number
  /** Dials to begin with. */
  dials?: DialRates
}

export interface RunningLab {
  /** `http://<host>:<port>`; a vendor is below `/<id>`. */
  url: string
  book: Book
  dials: Dials
  clock: LabClock
  works: { all(): Work[]; of(vendor: string): Works }
  /** Webhooks that were sent, and where those of an account go. */
  webhooks: { deliveries: readonly Delivery[]; setTarget(vendor: string, url: string | undefined): void }
  /** All works are forgotten, as by a server that keeps them in memory. */
  restart(): void
  close(): Promise<void>
}

/** The vendors' own APIs on this machine: their wire formats, real media, a book of charges, and dials for what goes wrong. */
export async function createLab({
  vendors,
  maker,
  ffmpeg,
  host = '127.0.0.1',
  port = 0,
  speed = 1_000,
  seed = 1,
  dials: rates = {},
}: LabOptions): Promise<RunningLab> {
  const clock = createLabClock(speed)
  const book = createBook(() => clock.now())
  const dials = createDials({ seed, rates })
  const paths = maker === undefined || ffmpeg !== undefined ? await locateFfmpeg(ffmpeg) : undefined
  const hearing = createHearing(maker ?? createFfmpegMaker(paths), paths?.ffprobePath)
  const shop = createWorkShop({ book, clock, maker: hearing.maker })
  const mailroom = createMailroom(clock)
  const lost = new WeakSet<FastifyRequest>()
  const asked = new Map<string, number>()
  const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true, routerOptions: { maxParamLength: 500 } })
  let url = ''

  acceptAnyBody(app)
  app.addHook('onSend', async (request, _reply, payload) => {
    if (lost.has(request)) request.raw.socket.destroy()
    return payload
  })
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    if (request.method !== 'GET' || path.startsWith('/lab/') || path.includes('/files/')) return
    const nth = (asked.get(path) ?? 0) + 1
    asked.set(path, nth)
    // By rate, or by the marker of the work that is asked for: its first question.
    const [, vendor = '', ...names] = path.split('/').map(decodeURIComponent)
    const marked = nth === 1 && names.some((name) => shop.of(vendor).get(name)?.faults.has('poll-error'))
    if (marked || dials.strikes('poll-error', `${path}:${nth}`))
      await reply.code(503).send({ error: { message: 'Service unavailable (lab)' } })
  })

  async function take(vendor: string, request: FastifyRequest, order: Order): Promise<Taken> {
    const faults = dials.draw(vendor, order.prompt)
    if (faults.has('slow')) await clock.wait(SLOW_SECONDS)
    if (faults.has('reset-before')) {
      request.raw.socket.destroy()
      return new Promise(() => {})
    }
    const detail = (dial: 'server-error' | 'refuse-input' | 'sunset') => {
      const found = faults.detail(dial)
      return found === undefined ? {} : { detail: found }
    }
    if (faults.has('server-error')) return { refused: 'server-error', ...detail('server-error') }
    if (faults.has('throttle')) return { refused: 'throttle', retryAfterSeconds: RETRY_AFTER_SECONDS }
    if (faults.has('throttle-bare')) return { refused: 'throttle' }
    if (faults.has('sunset')) return { refused: 'sunset', ...detail('sunset') }
    if (faults.has('refuse-input') && order.inputRefusal !== 'end') return { refused: 'refuse-input', ...detail('refuse-input') }
    const { work, settled } = shop.take(vendor, order, faults)
    if (faults.has('lost-reply')) lost.add(request)
    if (faults.has('webhook-early') && !faults.has('zombie') && !faults.has('restart')) await settled
    return { work }
  }

  controlRoutes(app, { book, dials, clock, shop, mailroom })
  for (const vendor of vendors) {
    await app.register(
      async (scope) => {
        const address = (path = '') => `${url}/${vendor.id}${path}`
        const lab: Lab = {
          vendor: vendor.id,
          url: address,
          take: (request, order) => take(vendor.id, request, order),
          works: shop.of(vendor.id),
          book,
          dials,
          files: createFiles({ app: scope, url: address, clock }),
          webhooks: mailroom.of(vendor.id),
          clock,
          maker: hearing.maker,
          hear: hearing.hear,
        }
        await vendor.routes(scope, lab)
      },
      { prefix: `/${vendor.id}` },
    )
  }
  await app.listen({ host, port })
  url = `http://${host}:${(app.server.address() as AddressInfo).port}`

  return {
    url,
    book,
    dials,
    clock,
    works: { all: shop.all, of: shop.of },
    webhooks: mailroom,
    restart: shop.restart,
    async close() {
      shop.restart()
      clock.stop()
      await mailroom.close()
      await app.close()
      await hearing.maker.close?.()
    },
  }
}

/** JSON, also an empty one; forms as `FormData`; anything else as bytes. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)))
    } catch {
      done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }), undefined)
    }
  })
  for (const type of ['multipart/form-data', 'application/x-www-form-urlencoded'])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
      new Response(new Uint8Array(body), { headers: { 'content-type': request.headers['content-type'] ?? type } }).formData(),
    )
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
}
