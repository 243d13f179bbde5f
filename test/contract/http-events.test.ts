import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Job } from '../../src/domain/job.ts'
import type { Bus } from '../../src/ports/bus.ts'
import { EventPage, eventData, type JobEvent } from '../../src/wire/events.ts'
import { applyEvent } from '../../src/wire/fold.ts'
import { JobView } from '../../src/wire/jobs.ts'
import { createWorld, type Served, type World } from './http-server.ts'
import { readEvents, type SseReader } from './sse-reader.ts'

let world: World
let server: Served

beforeAll(async () => {
  world = await createWorld()
  server = await world.serve()
})
afterAll(() => world.close())
afterEach(() => {
  vi.useRealTimers()
})

const eventsOf = (job: Pick<Job, 'id'>, base = server.url) => `${base}/v1/jobs/${job.id}/events`
const idsOf = (reader: SseReader) => reader.messages.map(({ id }) => Number(id))
const asJson = { accept: 'application/json' }
const page = async (response: Response) => EventPage.parse(await response.json())

/** Moves a job on by `count` events, two a commit. */
async function say(job: Job, count: number, from = 0): Promise<void> {
  for (let i = 0; i < count; i += 2) {
    await world.change(job, (tx) => {
      tx.notice(`note ${from + i}`)
      if (i + 1 < count) tx.preview({ kind: 'image', objectKey: 'x.jpg', seq: from + i + 1, alt: '' })
    })
  }
}

async function finish(job: Job): Promise<Job> {
  const assetId = await world.begin(job)
  await world.release(job, assetId, 0, true)
  return world.change(job, (tx) => tx.succeed())
}

describe('the stream of a job', () => {
  it('begins with the whole state, then every event as it happens, ends after the last', async () => {
    const job = await world.submit()
    const stream = await readEvents(eventsOf(job))
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(stream.response.headers.get('content-encoding')).toBeNull()
    await stream.until(() => stream.messages.length === 1)
    await finish(job)
    await stream.ended
    const [snapshot, ...events] = stream.messages.map(({ message }) => message)
    expect(snapshot).toMatchObject({ id: 1, type: 'snapshot', data: { state: 'queued', queue: { ahead: expect.any(Number) } } })
    expect(idsOf(stream)).toEqual(idsOf(stream).map((_, i) => i + 1))
    for (const { event, message } of stream.messages) expect(event).toBe(message.type)
    for (const message of events) eventData[(message as JobEvent).type].parse(message.data)
    expect(events.at(-1)).toMatchObject({ type: 'status', data: { state: 'succeeded' } })
    // Whoever folds the events has what the server would say.
    const folded = events.reduce((view, event) => applyEvent(view, event as JobEvent), snapshot?.data as JobView)
    const now = JobView.parse(await (await fetch(`${server.url}/v1/jobs/${job.id}`)).json())
    expect(folded).toEqual({ ...now, playback: folded.playback })
    expect(folded.playback).toMatchObject({ url: now.playback?.url, readySeconds: now.playback?.readySeconds })
  })

  it('of an ended job: the state, and that is all; with the last id nothing is left', async () => {
    const job = await finish(await world.submit())
    const stream = await readEvents(eventsOf(job))
    await stream.ended
    expect(stream.messages.map(({ event, id }) => [event, Number(id)])).toEqual([['snapshot', job.seq]])
    expect((await fetch(eventsOf(job), { headers: { 'last-event-id': String(job.seq) } })).status).toBe(204)
    const rest = await readEvents(eventsOf(job), { 'last-event-id': String(job.seq - 2) })
    await rest.ended
    expect(idsOf(rest)).toEqual([job.seq - 1, job.seq])
  })

  it.each([
    ['an id that is not there yet', '99'],
    ['no number', 'abc'],
    ['a negative one', '-1'],
  ])('%s: the whole state again', async (_name, id) => {
    const job = await world.submit()
    const stream = await readEvents(eventsOf(job), { 'last-event-id': id })
    onTestFinished(() => stream.cut())
    await stream.until(() => stream.messages.length > 0)
    expect(stream.messages[0]).toMatchObject({ event: 'snapshot', id: '1' })
  })

  it('`after` in the address does the same; the header wins', async () => {
    const job = await world.submit()
    await say(job, 4)
    const stream = await readEvents(`${eventsOf(job)}?after=1`, { 'last-event-id': '3' })
    onTestFinished(() => stream.cut())
    await stream.until(() => stream.messages.length === 2)
    expect(idsOf(stream)).toEqual([4, 5])
    const other = await readEvents(`${eventsOf(job)}?after=2`)
    onTestFinished(() => other.cut())
    await other.until(() => other.messages.length === 3)
    expect(idsOf(other)).toEqual([3, 4, 5])
  })

  it('cut after every few events, with the server restarted in between: each event once, in order', async () => {
    const job = await world.submit()
    let house = await world.serve()
    let told = 0
    const telling = (async () => {
      for (; told < 120; told += 4) {
        await say(job, 4, told)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await finish(job)
    })()
    const seen: number[] = []
    let connections = 0
    let ended = false
    while (!ended) {
      connections += 1
      if (connections % 4 === 0) {
        await house.close()
        house = await world.serve()
      }
      const wanted = 3 + (connections % 5)
      const response = await readEvents(eventsOf(job, house.url), seen.length > 0 ? { 'last-event-id': String(seen.at(-1)) } : {})
      await Promise.race([response.until(() => response.messages.length >= wanted).catch(() => undefined), response.ended])
      for (const { id, message } of response.messages.slice(0, wanted)) {
        if (message.type === 'snapshot') {
          expect(seen).toEqual([])
          seen.push(...Array.from({ length: Number(id) }, (_, i) => i + 1))
        } else seen.push(Number(id))
        ended = message.type === 'status' && message.data.state === 'succeeded'
      }
      response.cut()
    }
    await telling
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1))
    expect(seen.length).toBe((await world.store.jobs.get(job.id))?.seq)
    expect(connections).toBeGreaterThan(10)
  })

  it('many readers that come at any time lose nothing, and the log is read once for all who are there', async () => {
    const job = await world.submit()
    const readers: SseReader[] = []
    const [telling] = await Promise.all([
      (async () => {
        for (let i = 0; i < 20; i++) await say(job, 4, i * 4)
      })(),
      (async () => {
        while (readers.length < 500) readers.push(...(await Promise.all(Array.from({ length: 50 }, () => readEvents(eventsOf(job))))))
      })(),
    ])
    expect(telling).toBeUndefined()
    await Promise.all(readers.map((reader) => reader.until(() => idsOf(reader).at(-1) === 81)))
    const read = vi.spyOn(world.store.events, 'read')
    await finish(job)
    await Promise.all(readers.map(({ ended }) => ended))
    expect(read.mock.calls.length).toBeLessThan(20)
    read.mockRestore()
    const last = (await world.store.jobs.get(job.id))?.seq ?? 0
    for (const reader of readers) {
      const [first = 0] = idsOf(reader)
      expect(idsOf(reader)).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i))
    }
    expect(server.hub.tails).toBe(0)
  })

  it('a lost hint is healed', async () => {
    const deaf: Bus = { ...world.bus, subscribe: () => () => undefined }
    const { url } = await world.serve({ bus: deaf })
    const job = await world.submit()
    const stream = await readEvents(eventsOf(job, url))
    onTestFinished(() => stream.cut())
    await stream.until(() => stream.messages.length === 1)
    await say(job, 2)
    await stream.until(() => stream.messages.length === 3)
    expect(idsOf(stream)).toEqual([1, 2, 3])
  })

  it('what happened between the reading of the job and the following of it is not missed', async () => {
    // No second look, no hints: only the first look is left.
    vi.useFakeTimers({ toFake: ['setInterval'] })
    const deaf: Bus = { ...world.bus, subscribe: () => () => undefined }
    const job = await world.submit()
    let between = async () => {
      between = async () => undefined
      await say(job, 2)
    }
    const { url } = await world.serve({
      bus: deaf,
      store: {
        jobs: {
          ...world.store.jobs,
          get: async (id) => {
            const found = await world.store.jobs.get(id)
            await between()
            return found
          },
        },
      },
    })
    const stream = await readEvents(eventsOf(job, url))
    onTestFinished(() => stream.cut())
    await stream.until(() => stream.messages.length === 3)
    expect(idsOf(stream)).toEqual([1, 2, 3])
  })

  it('after a gap in the bus it looks at once', async () => {
    const gaps: (() => void)[] = []
    const deaf: Bus = {
      ...world.bus,
      subscribe: (_topic, _handler, onGap) => {
        if (onGap) gaps.push(onGap)
        return () => undefined
      },
    }
    const { url } = await world.serve({ bus: deaf })
    const job = await world.submit()
    const stream = await readEvents(eventsOf(job, url))
    onTestFinished(() => stream.cut())
    await stream.until(() => stream.messages.length === 1)
    await say(job, 2)
    for (const gap of gaps) gap()
    await stream.until(() => stream.messages.length === 3)
  })

  it('a doubled, late or premature hint changes nothing', async () => {
    const job = await world.submit()
    const stream = await readEvents(eventsOf(job))
    await stream.until(() => stream.messages.length === 1)
    const hint = (seq: number) => world.bus.publish('job:events', { jobId: job.id, tenantId: job.tenantId, seq })
    await Promise.all([hint(1), hint(50), hint(2)])
    await say(job, 2)
    await Promise.all([hint(2), hint(3), hint(3)])
    await finish(job)
    await stream.ended
    expect(idsOf(stream)).toEqual(idsOf(stream).map((_, i) => i + 1))
  })

  it('a reader that does not read is dropped, the others are not held up', async () => {
    const job = await world.submit()
    const good = await readEvents(eventsOf(job))
    onTestFinished(() => good.cut())
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`GET /v1/jobs/${job.id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await once(socket, 'readable')
    const closed = once(socket, 'close')
    const big = 'x'.repeat(300_000)
    let told = 0
    const dropped = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (server.open() > 1) return
        clearInterval(look)
        resolve()
      }, 20)
    })
    await good.until(() => good.messages.length === 1)
    for (; told < 60 && server.open() > 1; told++) await world.change(job, (tx) => tx.notice(`${told} ${big}`))
    await dropped
    await good.until(() => good.messages.length === told + 1)
    socket.destroy()
    await closed
  })

  it('the server closing ends streams and tells readers to come back soon', async () => {
    const own = await world.serve()
    const job = await world.submit()
    const response = await fetch(eventsOf(job, own.url))
    const text = response.text()
    await expect.poll(() => own.open()).toBe(1)
    await own.close()
    expect(await text).toMatch(/retry: 250\n: come back\n\n$/)
  })
})

describe('long poll', () => {
  it('answers at once with what there is', async () => {
    const job = await world.submit()
    await say(job, 2)
    const first = await page(await fetch(eventsOf(job), { headers: asJson }))
    expect(first.events.map(({ id, type }) => [id, type])).toEqual([
      [1, 'status'],
      [2, 'notice'],
      [3, 'preview'],
    ])
    expect(first).toMatchObject({ next: 3, ended: false })
    expect(await page(await fetch(`${eventsOf(job)}?after=3`, { headers: asJson }))).toEqual({ events: [], next: 3, ended: false })
  })

  it('is held until something happens', async () => {
    const job = await world.submit()
    const held = fetch(`${eventsOf(job)}?after=1`, { headers: { ...asJson, prefer: 'wait=50' } })
    await expect.poll(() => server.hub.watched).toBe(1)
    await say(job, 1)
    const response = await held
    expect(response.headers.get('preference-applied')).toBe('wait=50')
    expect(await page(response)).toMatchObject({ events: [{ id: 2, type: 'notice' }], next: 2, ended: false })
    expect(server.hub.watched).toBe(0)
  })

  it('a whole job by polling alone: each event once, `ended` with the last', async () => {
    const job = await world.submit()
    const telling = say(job, 30).then(() => finish(job))
    const seen: number[] = []
    for (let after = 0, ended = false; !ended; ) {
      const got = await page(await fetch(`${eventsOf(job)}?after=${after}`, { headers: { ...asJson, prefer: 'wait=50' } }))
      seen.push(...got.events.map(({ id }) => id))
      after = got.next
      ended = got.ended
    }
    const { seq } = await telling
    expect(seen).toEqual(Array.from({ length: seq }, (_, i) => i + 1))
    expect(await page(await fetch(`${eventsOf(job)}?after=${seq}`, { headers: { ...asJson, prefer: 'wait=50' } }))).toEqual({
      events: [],
      next: seq,
      ended: true,
    })
  })

  it('an id that is not there yet gets the whole state', async () => {
    const job = await world.submit()
    const got = await page(await fetch(`${eventsOf(job)}?after=7`, { headers: asJson }))
    expect(got).toMatchObject({ events: [{ id: 1, type: 'snapshot', data: { id: job.id, seq: 1 } }], next: 1, ended: false })
  })
})

describe('the feed of many jobs', () => {
  const of = (reader: SseReader, job: Pick<Job, 'id'>) =>
    reader.messages.filter(({ message }) => message.jobId === job.id).map(({ message }) => message)

  it('begins with every job that has not ended, goes on with all, also those to come', async () => {
    const own = await createWorld()
    onTestFinished(() => own.close())
    const { url } = await own.serve()
    const [open, ended] = [await own.submit(), await own.submit()]
    await own.change(ended, (tx) => tx.end('cancelled', { class: 'cancelled', detail: 'x', retry: 'same', charged: 'no' }))
    const feed = await readEvents(`${url}/v1/events`)
    await feed.until(() => of(feed, open).length === 1)
    // The cursor stands still until every snapshot owed is out.
    expect(feed.messages.map(({ id }) => id)).toEqual([undefined])
    const next = await own.submit()
    await feed.until(() => of(feed, next).length === 1)
    for (const job of [open, next]) await own.change(job, (tx) => tx.notice('on'))
    await feed.until(() => [open, next].every((job) => of(feed, job).length === 2))
    expect(of(feed, ended)).toEqual([])
    for (const job of [open, next])
      expect(of(feed, job).map(({ type, id }) => [type, id])).toEqual([
        ['snapshot', 1],
        ['notice', 2],
      ])
    const assetId = await own.begin(open)
    await own.release(open, assetId, 0, true)
    await own.change(open, (tx) => tx.succeed())
    await feed.until(() => of(feed, open).some((message) => message.type === 'status' && message.data.state === 'succeeded'))
    const seen = of(feed, open).map(({ id }) => id)
    expect(seen).toEqual(seen.map((_, i) => i + 1))
    const cursor = Number(feed.messages.at(-1)?.id)
    expect(Math.abs(cursor - Date.now())).toBeLessThan(60_000)
    feed.cut()
  })

  it('on coming back: snapshots of what is open and of what ended meanwhile', async () => {
    const first = await readEvents(`${server.url}/v1/events`)
    const [ended, open] = [await world.submit(), await world.submit()]
    await first.until(() => [ended, open].every((job) => of(first, job).length > 0))
    await say(open, 2)
    await first.until(() => of(first, open).length === 3)
    const cursor = first.messages.at(-1)?.id ?? ''
    first.cut()
    await finish(ended)
    const second = await readEvents(`${server.url}/v1/events`, { 'last-event-id': cursor })
    onTestFinished(() => second.cut())
    await second.until(() => [ended, open].every((job) => of(second, job).length > 0))
    // An event the snapshot already holds may follow it; its reader drops it by its id.
    expect(of(second, ended)[0]).toMatchObject({ type: 'snapshot', data: { state: 'succeeded' } })
    expect(of(second, open)[0]).toMatchObject({ type: 'snapshot', id: 3 })
  })

  it('of named jobs only', async () => {
    const [one, two, other] = [await world.submit(), await finish(await world.submit()), await world.submit()]
    const feed = await readEvents(`${server.url}/v1/events?jobs=${one.id},${two.id}`)
    onTestFinished(() => feed.cut())
    await feed.until(() => feed.messages.length === 2)
    expect(of(feed, two)).toMatchObject([{ type: 'snapshot', data: { state: 'succeeded' } }])
    await say(other, 2)
    await say(one, 2)
    await feed.until(() => of(feed, one).length === 3)
    expect(of(feed, other)).toEqual([])
    expect((await fetch(`${server.url}/v1/events?jobs=${one.id},job_x`)).status).toBe(404)
    const many = await fetch(`${server.url}/v1/events?jobs=${Array.from({ length: 201 }, (_, i) => `job_${i}`).join(',')}`)
    expect([many.status, (await many.json()).field]).toEqual([400, 'jobs'])
  })

  it('finds by itself what no hint told it', async () => {
    const deaf: Bus = { ...world.bus, subscribe: () => () => undefined }
    const { url } = await world.serve({ bus: deaf })
    const known = await world.submit()
    const feed = await readEvents(`${url}/v1/events?jobs=${known.id}`)
    const all = await readEvents(`${url}/v1/events`)
    onTestFinished(() => {
      feed.cut()
      all.cut()
    })
    await feed.until(() => of(feed, known).length === 1)
    await all.until(() => of(all, known).length === 1)
    const later = await world.submit()
    await finish(known)
    await feed.until(() => of(feed, known).some((message) => message.type === 'status' && message.data.state === 'succeeded'))
    await all.until(() => of(all, later).length === 1)
    const seen = of(all, known).map(({ id }) => id)
    expect(seen).toEqual(seen.map((_, i) => i + 1))
  })
})
