import type { FastifyInstance } from 'fastify'
import type { Book } from './book.ts'
import { CHAOS, DIALS, type Dials } from './dials.ts'
import type { LabClock } from './lab.ts'
import type { createMailroom } from './webhooks.ts'
import type { WorkShop } from './works.ts'

interface Controlled {
  book: Book
  dials: Dials
  clock: LabClock
  shop: WorkShop
  mailroom: ReturnType<typeof createMailroom>
}

/** `/lab/`: what a person or a test looks at and turns while the lab runs. */
export function controlRoutes(app: FastifyInstance, { book, dials, clock, shop, mailroom }: Controlled): void {
  app.get('/lab/charges', () => ({ entries: book.entries(), totalMicroUsd: book.totals() }))

  app.get('/lab/works', () =>
    shop.all().map((work) => ({
      id: work.id,
      vendor: work.vendor,
      state: work.state,
      progress: work.progress,
      prompt: work.prompt,
      faults: work.faults.names,
      failure: work.failure,
      outputs: work.outputs.map(({ mimeType, durationSeconds, bytes }) => ({ mimeType, durationSeconds, sizeBytes: bytes.length })),
      chargedMicroUsd: book.of(work.id),
      createdAt: work.createdAt,
      endedAt: work.endedAt,
    })),
  )

  app.get('/lab/dials', () => ({ rates: dials.get(), dials: DIALS }))
  app.put('/lab/dials', async (request, reply) => {
    try {
      dials.set((request.body ?? {}) as Record<string, number | boolean>)
      return { rates: dials.get() }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return reply.code(400).send({ error: error.message })
    }
  })
  app.delete('/lab/dials', () => {
    dials.reset()
    return { rates: dials.get() }
  })
  app.post('/lab/chaos', () => {
    dials.set(CHAOS)
    return { rates: dials.get() }
  })

  app.get('/lab/webhooks', () => mailroom.deliveries)
  app.put('/lab/webhooks', (request) => {
    for (const [vendor, url] of Object.entries((request.body ?? {}) as Record<string, string | null>))
      mailroom.setTarget(vendor, url ?? undefined)
    return {}
  })

  app.put('/lab/clock', (request) => {
    const { speed, advanceSeconds } = (request.body ?? {}) as { speed?: number; advanceSeconds?: number }
    if (speed !== undefined) clock.speed = speed
    if (advanceSeconds !== undefined) clock.advance(advanceSeconds)
    return { speed: clock.speed, now: clock.now() }
  })

  app.post('/lab/restart', () => {
    shop.restart()
    return {}
  })
}
