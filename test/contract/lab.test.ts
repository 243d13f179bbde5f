import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it, test, vi } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { CHAOS, createDials, DIALS, type Dial } from '../../src/lab/dials.ts'
import type { LabVendor, Order, Work } from '../../src/lab/lab.ts'
import { createFfmpegMaker } from '../../src/lab/media/ffmpeg-maker.ts'
import type { Maker, MediaSpec } from '../../src/lab/media/maker.ts'
import { standardWebhookHeaders } from '../../src/lab/standard-webhook.ts'
import { labVendors } from '../../src/lab/vendors/index.ts'
import { locateFfmpeg } from '../../src/media/ffmpeg/locate.ts'
import { type WebhookReceiver, webhookReceiver } from '../helpers/webhook-receiver.ts'

const SECRET = `whsec_${Buffer.from('of nobody').toString('base64')}`
const PRICE = 1_500
const clip: MediaSpec = { kind: 'video', durationSeconds: 4, width: 320, height: 180 }

/** A vendor of the fewest words: what it is told is what the lab does. */
const plain: LabVendor = {
  id: 'plain',
  routes(app, lab) {
    app.post('/orders', async (request, reply) => {
      const { hook, ...order } = request.body as Partial<Order> & { prompt: string; hook?: string }
      const taken = await lab.take(request, {
        outputs: [clip],
        amountMicroUsd: PRICE,
        ...order,
        onChange: async (work) => {
          if (hook === undefined || work.endedAt === null) return
          await lab.webhooks.send(work, hook, (attempt) => {
            const body = JSON.stringify({ id: work.id, state: work.state })
            return { body, headers: standardWebhookHeaders(SECRET, attempt, body) }
          })
        },
      })
      if ('work' in taken) return { id: taken.work.id }
      if (taken.retryAfterSeconds !== undefined) reply.header('retry-after', taken.retryAfterSeconds)
      const status = { throttle: 429, 'server-error': 500, sunset: 404, 'refuse-input': 400 }[taken.refused]
      return reply.code(status).send({ refused: taken.refused, detail: taken.detail })
    })
    app.get<{ Params: { id: string } }>('/orders/:id', (request, reply) => {
      const work = lab.works.get(request.params.id)
      if (!work) return reply.code(404).send({})
      return {
        state: work.state,
        progress: work.progress,
        urls: work.outputs.map((output) => lab.files.url(output, { ttlSeconds: 3_600 })),
      }
    })
    app.get<{ Params: { id: string } }>('/orders/:id/stream', (request, reply) => {
      const [output] = lab.works.get(request.params.id)?.outputs ?? []
      return output ? lab.files.stream(reply, output) : reply.code(404).send({})
    })
  },
}

/** Bytes that are no media: 200,000 of them, each known by its place. */
const quick: Maker = {
  make: (spec) =>
    Promise.resolve({
      bytes: Uint8Array.from({ length: 200_000 }, (_, index) => index % 251),
      mimeType: 'video/mp4',
      durationSeconds: 'durationSeconds' in spec ? spec.durationSeconds : 0,
    }),
}

let lab: RunningLab
let receiver: WebhookReceiver

beforeAll(async () => {
  lab = await createLab({ vendors: [plain], maker: quick })
  receiver = await webhookReceiver()
})
afterAll(async () => {
  await receiver[Symbol.asyncDispose]()
  await lab.close()
})
afterEach(() => {
  lab.dials.reset()
  lab.clock.speed = 1_000
  receiver.received.length = 0
  receiver.answers.length = 0
})

const soon = <T>(holds: () => T | Promise<T>) => vi.waitFor(holds, { timeout: 5_000, interval: 5 })

const send = (prompt: string, order: Partial<Order> & { hook?: string } = {}, at = lab.url) =>
  fetch(`${at}/plain/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, ...order }),
  })
const disposable = async (maker: Maker) => {
  const other = await createLab({ vendors: [plain], maker })
  return { ...other, [Symbol.asyncDispose]: () => other.close() }
}
const works = () => lab.works.of('plain')
const total = () => lab.book.totals()['plain'] ?? 0

async function ordered(prompt: string, order: Partial<Order> & { hook?: string } = {}): Promise<Work> {
  const answer = await send(prompt, order)
  expect(answer.status).toBe(200)
  const { id } = (await answer.json()) as { id: string }
  const work = works().get(id)
  if (!work) throw new Error(`${id} is unknown`)
  return work
}

async function done(prompt: string, order: Partial<Order> & { hook?: string } = {}): Promise<Work> {
  const work = await ordered(prompt, order)
  await work.ended
  return work
}

const ask = (id: string) => fetch(`${lab.url}/plain/orders/${id}`)
const urlOf = async (work: Work): Promise<string> => {
  const { urls } = (await (await ask(work.id)).json()) as { urls: string[] }
  return urls[0] ?? ''
}
const control = async (path: string, method = 'GET', body?: unknown) => {
  const answer = await fetch(`${lab.url}/lab/${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const readAll = async (answer: Response) => new Uint8Array(await answer.arrayBuffer())

describe('a work', () => {
  it('is queued, runs with progress that grows, and ends with its output', async () => {
    lab.clock.speed = 200
    const states: string[] = []
    const work = await ordered('states')
    expect(work).toMatchObject({ state: 'queued', progress: 0, startedAt: null, outputs: [] })
    let last = 0
    await soon(() => {
      states.push(work.state)
      expect(work.progress).toBeGreaterThanOrEqual(last)
      last = work.progress
      expect(work.state).toBe('done')
    })
    expect(states).toContain('running')
    expect(work).toMatchObject({ progress: 1, failure: null })
    expect(work.outputs).toHaveLength(1)
  })

  it('follows a change of speed while it waits', async () => {
    lab.clock.speed = 0.001
    const work = await ordered('hurry')
    expect((await control('clock', 'PUT', { speed: 1_000 })).body).toMatchObject({ speed: 1_000 })
    await work.ended
    expect(work.state).toBe('done')
  })

  it('can be cancelled until it has ended, and its charge comes back where the vendor gives it back', async () => {
    lab.clock.speed = 1
    const kept = await ordered('cancel one')
    const refunded = await ordered('cancel two', { refunds: ['cancelled'] })
    expect(works().cancel(kept.id)).toBe(true)
    expect(works().cancel(refunded.id)).toBe(true)
    await refunded.ended
    expect(refunded.state).toBe('cancelled')
    expect([lab.book.of(kept.id), lab.book.of(refunded.id)]).toEqual([PRICE, 0])
    expect(works().cancel(kept.id)).toBe(false)
  })

  it('is forgotten by a restart; what it cost is not', async () => {
    const work = await done('forget all')
    await control('restart', 'POST', {})
    expect((await ask(work.id)).status).toBe(404)
    expect(lab.works.all()).toEqual([])
    expect(lab.book.of(work.id)).toBe(PRICE)
  })
})

describe('the book', () => {
  it('charges at acceptance, or at the end where the vendor does', async () => {
    lab.clock.speed = 1
    const [now, later] = [await ordered('charge one'), await ordered('charge two', { charged: 'done' })]
    expect([lab.book.of(now.id), lab.book.of(later.id)]).toEqual([PRICE, 0])
    lab.clock.speed = 1_000
    await Promise.all([now.ended, later.ended])
    expect([lab.book.of(now.id), lab.book.of(later.id)]).toEqual([PRICE, PRICE])
  })

  it('refunds the ends that the vendor refunds, and no others', async () => {
    const refunds = ['refused'] as const
    const failed = await done('refund [lab:fail]', { refunds })
    const refused = await done('refund [lab:refuse-output]', { refunds })
    const free = await done('refund [lab:fail] again', { refunds, charged: 'done' })
    expect([failed, refused, free].map(({ id }) => lab.book.of(id))).toEqual([PRICE, 0, 0])
  })

  it('is read as a list and a total per vendor', async () => {
    const before = total()
    const work = await done('read it')
    const { body } = await control('charges')
    expect(body['totalMicroUsd']).toEqual({ plain: before + PRICE })
    expect(body['entries']).toContainEqual({ workId: work.id, vendor: 'plain', amountMicroUsd: PRICE, at: expect.any(String) })
    const listed = (await (await fetch(`${lab.url}/lab/works`)).json()) as { id: string }[]
    expect(listed[0]).toMatchObject({ id: work.id, state: 'done', chargedMicroUsd: PRICE, outputs: [{ sizeBytes: 200_000 }] })
  })
})

/** What each dial does, seen from outside. The type wants every dial to be here. */
const effects: Record<Dial, () => Promise<void>> = {
  async 'lost-reply'() {
    const before = total()
    await expect(send('x [lab:lost-reply]')).rejects.toThrow()
    expect(total()).toBe(before + PRICE)
    expect(works().list()[0]?.prompt).toBe('x [lab:lost-reply]')
  },
  async 'reset-before'() {
    const before = { charged: total(), works: works().list().length }
    await expect(send('x [lab:reset-before]')).rejects.toThrow()
    expect({ charged: total(), works: works().list().length }).toEqual(before)
  },
  'server-error': async () => void (await refusal('server-error', 500)),
  async throttle() {
    const answer = await refusal('throttle', 429)
    expect(answer.headers.get('retry-after')).toBe('1')
  },
  async 'throttle-bare'() {
    const answer = await refusal('throttle-bare', 429, 'throttle')
    expect(answer.headers.get('retry-after')).toBeNull()
  },
  async 'poll-error'() {
    const work = await done('x')
    lab.dials.set({ 'poll-error': 1 })
    expect((await ask(work.id)).status).toBe(503)
    lab.dials.set({ 'poll-error': 0 })
    expect((await ask(work.id)).status).toBe(200)
    const { id } = await done('x [lab:poll-error]')
    expect([(await ask(id)).status, (await ask(id)).status]).toEqual([503, 200])
  },
  async slow() {
    lab.clock.speed = 200
    const work = await done('x [lab:slow]')
    const url = await urlOf(work)
    const began = performance.now()
    expect(await readAll(await fetch(url))).toHaveLength(200_000)
    // 16 pieces, 2 lab seconds each
    expect(performance.now() - began).toBeGreaterThan(120)
  },
  async hold() {
    lab.clock.speed = 100
    const [free, held] = [await ordered('x'), await ordered('x [lab:hold]')]
    await free.ended
    expect(held.state).toBe('queued')
    lab.clock.speed = 1_000
    await held.ended
    expect(held.state).toBe('done')
  },
  async zombie() {
    const work = await ordered('x [lab:zombie]')
    await soon(() => expect(work.progress).toBe(0.4))
    await lab.clock.wait(100)
    expect(work).toMatchObject({ state: 'running', progress: 0.4 })
  },
  async 'refuse-input'() {
    await refusal('refuse-input', 400)
    const late = await done('y [lab:refuse-input=violence]', { inputRefusal: 'end' })
    expect(late).toMatchObject({ state: 'failed', failure: { reason: 'refuse-input', detail: 'violence' } })
  },
  async 'refuse-output'() {
    expect(await done('x [lab:refuse-output]')).toMatchObject({ state: 'failed', failure: { reason: 'refuse-output' }, outputs: [] })
  },
  async fail() {
    expect(await done('x [lab:fail=SOME.CODE]')).toMatchObject({ state: 'failed', failure: { reason: 'fail', detail: 'SOME.CODE' } })
  },
  async 'truncated-body'() {
    const work = await done('x [lab:truncated-body]')
    const url = await urlOf(work)
    const first = await fetch(url)
    expect(first.headers.get('content-length')).toBe('200000')
    const read: number[] = []
    await expect(async () => {
      for await (const chunk of first.body ?? []) read.push(...(chunk as Uint8Array))
    }).rejects.toThrow()
    expect(read).toHaveLength(100_000)
    const rest = await readAll(await fetch(url, { headers: { range: `bytes=${read.length}-` } }))
    expect(Uint8Array.from([...read, ...rest])).toEqual(work.outputs[0]?.bytes)

    const stream = await fetch(`${lab.url}/plain/orders/${work.id}/stream`)
    expect(stream.headers.get('content-length')).toBeNull()
    await expect(stream.arrayBuffer()).rejects.toThrow()
  },
  async 'wrong-length'() {
    const url = await urlOf(await done('x [lab:wrong-length]'))
    const first = await fetch(url)
    expect(first.headers.get('content-length')).toBe('201000')
    await expect(first.arrayBuffer()).rejects.toThrow()
    expect(await readAll(await fetch(url))).toHaveLength(200_000)
  },
  async 'wrong-type'() {
    const answer = await fetch(await urlOf(await done('x [lab:wrong-type]')))
    expect(answer.headers.get('content-type')).toContain('text/html')
    await answer.arrayBuffer()
  },
  async 'expiring-url'() {
    const work = await done('x [lab:expiring-url]')
    const [dead, fresh] = [await urlOf(work), await urlOf(work)]
    expect((await fetch(dead)).status).toBe(403)
    expect(await readAll(await fetch(fresh))).toHaveLength(200_000)
  },
  async 'webhook-double'() {
    await done('x [lab:webhook-double]', { hook: receiver.url })
    await soon(() => expect(receiver.received).toHaveLength(2))
    const [one, other] = receiver.received
    expect(one?.headers['webhook-id']).toBe(other?.headers['webhook-id'])
    expect(one?.body).toBe(other?.body)
    verified(0)
    verified(1)
  },
  async 'webhook-late'() {
    lab.clock.speed = 100
    const [late, punctual] = [
      await ordered('x [lab:webhook-late]', { hook: receiver.url }),
      await ordered('x', { hook: receiver.url }),
    ] as const
    await soon(() => expect(receiver.received).toHaveLength(1))
    lab.clock.speed = 10_000
    await soon(() => expect(receiver.received).toHaveLength(2))
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual([punctual.id, late.id])
    verified(1)
  },
  async 'webhook-forged'() {
    await done('x [lab:webhook-forged]', { hook: receiver.url })
    await soon(() => expect(receiver.received).toHaveLength(2))
    expect(() => verified(0)).toThrow('No matching signature')
    verified(1)
  },
  async 'webhook-stale'() {
    await done('x [lab:webhook-stale]', { hook: receiver.url })
    await soon(() => expect(receiver.received).toHaveLength(2))
    expect(() => verified(0)).toThrow('too old')
    verified(1)
  },
  async 'webhook-never'() {
    await done('x [lab:webhook-never]', { hook: receiver.url })
    await done('x', { hook: receiver.url })
    await soon(() => expect(receiver.received).toHaveLength(1))
    expect(receiver.received[0]?.body).toContain(works().list()[0]?.id)
  },
  async 'webhook-early'() {
    await send('x [lab:webhook-early]', { hook: receiver.url })
    expect(receiver.received).toHaveLength(1)
    verified(0)
  },
  sunset: async () => void (await refusal('sunset', 404)),
  async 'partial-result'() {
    const [alone, pair] = [await done('x [lab:partial-result]'), await done('y [lab:partial-result]', { outputs: [clip, clip] })]
    expect(alone.outputs).toMatchObject([{ durationSeconds: 2 }])
    expect(pair.outputs).toMatchObject([{ durationSeconds: 4 }])
  },
  async 'cut-inside'() {
    const work = await done('x [lab:cut-inside]')
    expect(work.outputs[0]?.spec).toMatchObject({ durationSeconds: 4, cutAtSeconds: 2 })
  },
  async 'skipped-sentence'() {
    const text = 'One stays. Two is lost. Three stays. [lab:skipped-sentence]'
    const work = await done(text, { outputs: [{ kind: 'speech', text, format: 'mp3' }] })
    expect(work.outputs[0]?.spec).toMatchObject({ text: 'One stays. Three stays.' })
  },
  async oversize() {
    const leaving = new AbortController()
    const answer = await fetch(await urlOf(await done('x [lab:oversize]')), { signal: leaving.signal })
    expect(answer.headers.get('content-length')).toBe('30000000000')
    const reader = answer.body?.getReader()
    let sizeBytes = 0
    while (sizeBytes < 300_000) sizeBytes += (await reader?.read())?.value?.length ?? 0
    leaving.abort()
  },
  async restart() {
    const { id } = (await (await send('x [lab:restart]')).json()) as { id: string }
    await soon(async () => expect((await ask(id)).status).toBe(404))
    expect(lab.book.of(id)).toBe(PRICE)
  },
}

/** A refusal takes nothing and charges nothing. */
async function refusal(dial: Dial, status: number, refused: string = dial): Promise<Response> {
  const before = { charged: total(), works: works().list().length }
  const answer = await send(`x [lab:${dial}]`)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({ refused })
  expect({ charged: total(), works: works().list().length }).toEqual(before)
  return answer
}

function verified(index: number): void {
  const { headers, body } = receiver.received[index] ?? { headers: {}, body: '' }
  new Webhook(SECRET).verify(body, headers as Record<string, string>)
}

describe('a dial', () => {
  for (const [dial, effect] of Object.entries(effects)) test(`${dial}: ${DIALS[dial as Dial]}`, async () => void (await effect()))

  it('strikes by rate as it does by marker', async () => {
    await control('dials', 'PUT', { throttle: true })
    expect((await send('nothing special')).status).toBe(429)
    expect((await send('nothing special')).status).toBe(429)
    expect((await control('dials', 'PUT', { throttle: 0 })).body).toEqual({ rates: {} })
    expect((await send('nothing special')).status).toBe(200)
  })

  it('of the way there strikes once by marker, or as often as it says', async () => {
    const answers = async (prompt: string) => [(await send(prompt)).status, (await send(prompt)).status, (await send(prompt)).status]
    expect(await answers('again [lab:throttle]')).toEqual([429, 200, 200])
    expect(await answers('again [lab:server-error=2]')).toEqual([500, 500, 200])
    expect(await answers('again [lab:refuse-input]')).toEqual([400, 400, 400])
  })

  it('is refused when it does not exist or its rate is none, and then nothing has changed', async () => {
    lab.dials.set({ slow: 0.5 })
    for (const wrong of [{ throttle: 1, 'no-such': 1 }, { throttle: 1.1 }, { throttle: 'often' }]) {
      expect((await control('dials', 'PUT', wrong)).status).toBe(400)
    }
    expect((await control('dials')).body).toMatchObject({ rates: { slow: 0.5 }, dials: DIALS })
    expect((await control('dials', 'DELETE')).body).toEqual({ rates: {} })
  })
})

describe('chaos', () => {
  const prompts = Array.from({ length: 400 }, (_, index) => `shot ${index}`)
  const struck = (seed: number, order: string[]) => {
    const dials = createDials({ seed, rates: CHAOS })
    return new Map(order.map((prompt) => [prompt, dials.draw('plain', prompt).names]))
  }

  it('is the same for the same seed, in whatever order the prompts come, and other for another', () => {
    const first = struck(7, prompts)
    expect(struck(7, prompts.toReversed())).toEqual(new Map([...first].reverse()))
    expect([...struck(8, prompts).values()]).not.toEqual([...first.values()])
  })

  it('strikes the second order of a prompt on its own', () => {
    const dials = createDials({ seed: 1, rates: { fail: 0.5 } })
    const draws = Array.from({ length: 40 }, () => dials.draw('plain', 'same').has('fail'))
    expect(new Set(draws)).toEqual(new Set([true, false]))
  })

  it('keeps to its rates', () => {
    const all = [...struck(3, prompts).values()].flat()
    const share = (dial: Dial) => all.filter((name) => name === dial).length / prompts.length
    expect(share('truncated-body')).toBeCloseTo(CHAOS['truncated-body'] ?? 0, 1)
    expect(share('partial-result')).toBeCloseTo(CHAOS['partial-result'] ?? 0, 1)
    expect(share('oversize')).toBe(0)
  })

  it('is turned on while the lab runs', async () => {
    expect((await control('chaos', 'POST', {})).body).toEqual({ rates: CHAOS })
  })
})

describe('files', () => {
  const ranged = async (url: string, range: string) => {
    const answer = await fetch(url, { headers: { range } })
    return { status: answer.status, range: answer.headers.get('content-range'), bytes: await readAll(answer) }
  }

  it('are sent whole, in ranges, or as a head', async () => {
    const work = await done('ranges')
    const url = await urlOf(work)
    const whole = work.outputs[0]?.bytes ?? new Uint8Array()
    expect(await readAll(await fetch(url))).toEqual(whole)
    expect(await ranged(url, 'bytes=10-19')).toEqual({ status: 206, range: 'bytes 10-19/200000', bytes: whole.subarray(10, 20) })
    expect(await ranged(url, 'bytes=199990-')).toMatchObject({ range: 'bytes 199990-199999/200000', bytes: whole.subarray(199_990) })
    expect(await ranged(url, 'bytes=-5')).toMatchObject({ range: 'bytes 199995-199999/200000', bytes: whole.subarray(199_995) })
    expect(await ranged(url, 'bytes=200000-')).toMatchObject({ status: 416, range: 'bytes */200000' })
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), head.headers.get('content-type')]).toEqual([200, '200000', 'video/mp4'])
  })

  it('are gone when the address is too old by the calendar, and a fresh address serves them', async () => {
    const work = await done('expiry')
    const url = await urlOf(work)
    expect((await fetch(url)).status).toBe(200)
    await control('clock', 'PUT', { advanceSeconds: 3_601 })
    expect((await fetch(url)).status).toBe(403)
    expect((await fetch(await urlOf(work))).status).toBe(200)
    expect((await fetch(`${lab.url}/plain/files/none/x.mp4`)).status).toBe(404)
  })
})

describe('webhooks', () => {
  it('are sent again until they are taken, three times at the most', async () => {
    receiver.answers.push(500, 500)
    await done('retry', { hook: receiver.url })
    await soon(() => expect(receiver.received).toHaveLength(3))
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    await soon(() => expect(lab.webhooks.deliveries.slice(-3).map(({ answer }) => answer)).toEqual([500, 500, 200]))
  })
})

describe('sluice lab', () => {
  it('prints where the vendors are, starts with chaos, and ends at a signal', async () => {
    const command = spawn(process.execPath, ['src/cli/main.ts', 'lab', '--port', '0', '--chaos'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(command, 'exit')
    try {
      let printed = ''
      command.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString()
      })
      const url = await vi.waitFor(
        () => {
          const found = /openai +(http:\/\/127\.0\.0\.1:\d+)\/openai\n/.exec(printed)?.[1]
          if (!found || !printed.includes('in the field')) throw new Error(`it has printed ${printed}`)
          return found
        },
        { timeout: 20_000 },
      )
      expect(await (await fetch(`${url}/lab/dials`)).json()).toMatchObject({ rates: CHAOS })
      for (const { id } of labVendors) expect(printed).toContain(`${url}/${id}\n`)
    } finally {
      command.kill('SIGINT')
    }
    expect(await exited).toEqual([0, null])
  })

  it('is described with every dial and every option', () => {
    const page = readFileSync('docs/lab.md', 'utf8').replaceAll(/ +/g, ' ')
    for (const [dial, meaning] of Object.entries(DIALS))
      expect(page).toContain(`| \`${dial}\` | ${meaning} | ${CHAOS[dial as Dial] ?? ''}`.trimEnd())
    for (const option of ['--port', '--speed', '--seed', '--chaos']) expect(page).toContain(`| \`${option}`)
  })
})

describe('real media', async () => {
  const { ffmpegPath, ffprobePath } = await locateFfmpeg()
  const maker = createFfmpegMaker({ ffmpegPath })
  const folder = mkdtempSync(join(tmpdir(), 'lab-test-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const probe = (bytes: Uint8Array, entries: string) => {
    const path = join(folder, 'probed')
    writeFileSync(path, bytes)
    const { stdout } = spawnSync(ffprobePath, ['-v', 'error', '-show_entries', entries, '-of', 'default=nw=1:nk=1', path])
    return stdout.toString().trim().split('\n')
  }

  it('a clip has the ordered size, rate and length, with sound, and is made once', async () => {
    const spec: MediaSpec = { kind: 'video', durationSeconds: 1.5, width: 320, height: 180, fps: 30 }
    const made = await maker.make(spec)
    expect(probe(made.bytes, 'stream=codec_name,width,height,r_frame_rate:format=duration')).toEqual(
      expect.arrayContaining(['h264', '320', '180', '30/1', 'aac', '1.500000']),
    )
    expect(await maker.make({ ...spec })).toBe(made)
    expect(Buffer.from((await maker.make({ ...spec, seed: 5 })).bytes).equals(made.bytes)).toBe(false)
  })

  it('closing stops what is being made, and leaves nothing', async () => {
    const closing = createFfmpegMaker({ ffmpegPath })
    const making = [1, 2, 3, 4].map((seed) => closing.make({ kind: 'video', durationSeconds: 60, width: 1280, height: 720, seed }))
    const ends = Promise.allSettled(making)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await closing.close?.()
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
  })

  it('what cannot be made is a failure that says so, and does not end the lab', async () => {
    await using other = await disposable({ make: () => Promise.reject(new Error('no such filter')) })
    const { id } = (await (await send('impossible', {}, other.url)).json()) as { id: string }
    const work = other.works.of('plain').get(id)
    await work?.ended
    expect(work).toMatchObject({ state: 'failed', failure: { reason: 'fail', detail: 'the lab could not make it: no such filter' } })
  })

  it('an unordered cut is where a scene detector finds it', async () => {
    const cuts = async (spec: MediaSpec) => {
      const { bytes } = await maker.make(spec)
      const filter = "select='gt(scene,0.3)',metadata=print:file=-"
      const { stdout } = spawnSync(ffmpegPath, ['-v', 'error', '-i', 'pipe:0', '-an', '-vf', filter, '-f', 'null', '-'], { input: bytes })
      return [...stdout.toString().matchAll(/pts_time:([\d.]+)/g)].map(([, time]) => Number(time))
    }
    const spec = { kind: 'video', durationSeconds: 2, width: 320, height: 180 } as const
    expect(await cuts(spec)).toEqual([])
    expect(await cuts({ ...spec, cutAtSeconds: 1 })).toEqual([1])
  })

  it('speech is as long as its words, which are timed to its end', async () => {
    const text = 'Rain fell on forty percent of days. The reservoirs are full again.'
    const { bytes, words = [], durationSeconds } = await maker.make({ kind: 'speech', text, format: 'wav' })
    expect(words.map((word) => word.text).join(' ')).toBe(text)
    expect(words.at(-1)?.endSeconds).toBeCloseTo(durationSeconds, 5)
    expect(Number(probe(bytes, 'format=duration')[0])).toBeCloseTo(durationSeconds, 1)
    expect(durationSeconds).toBeGreaterThan(2)
  })

  it('sound of each format is what it says', async () => {
    const codecs: Record<string, string> = {}
    for (const format of ['mp3', 'wav', 'opus', 'aac', 'flac'] as const) {
      const { bytes } = await maker.make({ kind: 'music', prompt: 'calm', durationSeconds: 1, format })
      codecs[format] = probe(bytes, 'stream=codec_name')[0] ?? ''
    }
    expect(codecs).toEqual({ mp3: 'mp3', wav: 'pcm_s16le', opus: 'opus', aac: 'aac', flac: 'flac' })
    const { bytes } = await maker.make({ kind: 'sound', prompt: 'wind', durationSeconds: 1, format: 'pcm', sampleRate: 16_000 })
    expect(bytes).toHaveLength(32_000)
  })
})
