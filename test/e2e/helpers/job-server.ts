import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isFinal } from '../../../src/domain/job.ts'
import type { EventData, EventType, JobEvent } from '../../../src/wire/events.ts'
import { applyEvent } from '../../../src/wire/fold.ts'
import type { JobView } from '../../../src/wire/jobs.ts'

export interface Faults {
  /** Cuts an event stream's socket after so many events. */
  cutAfter: number
  /** Accepts event streams and never sends a byte, as a proxy that waits for the end does. */
  holdBack: boolean
  /** A stream that is resumed begins so many events too early. */
  overlap: number
  /** The token that is accepted. `null`: any. */
  token: string | null
  /** How many POSTs of a job to answer with 503 after having accepted them. */
  loseReplies: number
}

/** Answers a request, or returns `false` to leave it to the job routes. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean

export interface Seen {
  method: string
  path: string
  headers: IncomingMessage['headers']
}

/**
 * A real HTTP server that speaks the wire contract for jobs whose events the test writes: snapshot, `Last-Event-ID`,
 * long polling, a feed, idempotent submission. It keeps its log through {@link close} and {@link listen}, as the real one does.
 * @param also further routes: `open` ones need no token, `guarded` ones do
 */
export async function startJobServer(also: { open?: Route; guarded?: Route } = {}) {
  const logs = new Map<string, { first: JobView; events: JobEvent[] }>()
  const keys = new Map<string, string>()
  const faults: Faults = { cutAfter: Number.POSITIVE_INFINITY, holdBack: false, overlap: 0, token: null, loseReplies: 0 }
  const seen: Seen[] = []
  const waiting = new Set<() => void>()
  let server: Server
  let port = 0

  const view = (id: string): JobView | null => {
    const log = logs.get(id)
    return log ? log.events.reduce(applyEvent, log.first) : null
  }
  const ended = (id: string): boolean => isFinal(view(id)?.state ?? 'running')

  function add(id: string): void {
    logs.set(id, { first: blankJob(id), events: [] })
  }

  function push<T extends EventType>(id: string, type: T, data: EventData[T]): void {
    const log = logs.get(id)
    if (!log) throw new Error(`no job ${id}`)
    log.events.push({ id: log.events.length + 1, at: new Date().toISOString(), type, data } as JobEvent)
    for (const wake of [...waiting]) wake()
  }

  const news = (response: ServerResponse) =>
    new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done)
        response.off('close', done)
        resolve()
      }
      waiting.add(done)
      response.once('close', done)
    })

  async function stream(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (faults.holdBack) return
    if (ended(id) && Number(request.headers['last-event-id']) === view(id)?.seq) {
      response.writeHead(204).end()
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write('retry: 10\n: hello\n\n')
    const asked = request.headers['last-event-id']
    let at = asked === undefined ? -1 : Math.max(0, Number(asked) - faults.overlap)
    let sent = 0
    const send = (message: { id: number; type: string }) => {
      sent += 1
      const cut = sent >= faults.cutAfter
      response.write(`id: ${message.id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`, () => cut && response.destroy())
    }
    if (at < 0) {
      const now = view(id) as JobView
      at = now.seq
      send({ id: now.seq, type: 'snapshot', data: now } as never)
    }
    while (!response.destroyed) {
      const next = logs.get(id)?.events[at]
      if (sent >= faults.cutAfter) await news(response)
      else if (next) {
        at = next.id
        send(next)
      } else if (ended(id)) {
        response.end()
        return
      } else await news(response)
    }
  }

  async function feed(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write('retry: 10\n: hello\n\n')
    const at = new Map<string, number>()
    while (!response.destroyed) {
      for (const [jobId, log] of logs) {
        const from = at.get(jobId)
        const messages = from === undefined ? [{ id: log.events.length, type: 'snapshot', data: view(jobId) }] : log.events.slice(from)
        for (const message of messages) response.write(`event: ${message.type}\ndata: ${JSON.stringify({ ...message, jobId })}\n\n`)
        at.set(jobId, log.events.length)
      }
      await news(response)
    }
  }

  async function page(id: string, after: number, waitSeconds: number, response: ServerResponse): Promise<void> {
    const timer = setTimeout(() => {
      for (const wake of [...waiting]) wake()
    }, waitSeconds * 1000)
    const log = () => logs.get(id)?.events.slice(after) ?? []
    if (log().length === 0 && !ended(id) && waitSeconds > 0) await news(response)
    clearTimeout(timer)
    const events = log()
    json(response, 200, { events, next: events.at(-1)?.id ?? after, ended: ended(id) })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server')
    const { pathname } = url
    seen.push({ method: request.method ?? '', path: pathname + url.search, headers: request.headers })
    if (also.open?.(request, response, url)) return
    if (faults.token !== null && request.headers.authorization !== `Bearer ${faults.token}`) {
      return problem(response, 401, 'unauthorized', 'An API key is needed.')
    }
    if (also.guarded?.(request, response, url)) return
    if (pathname === '/v1/events') return feed(response)
    if (pathname === '/v1/jobs' && request.method === 'POST') {
      const key = String(request.headers['idempotency-key'])
      const id = keys.get(key) ?? `job_${keys.size + 1}`
      keys.set(key, id)
      if (!logs.has(id)) add(id)
      if (faults.loseReplies > 0) {
        faults.loseReplies -= 1
        return problem(response, 503, 'store_unavailable', 'Not now.', { 'retry-after': '0' })
      }
      return json(response, 202, view(id))
    }
    const [, id = '', what] = /^\/v1\/jobs\/([^/]+)(?:\/(\w+))?$/.exec(pathname) ?? []
    if (pathname.startsWith('/v1/assets/')) return json(response, 200, blankAsset(pathname.split('/')[3] ?? ''))
    if (!logs.has(id)) return problem(response, 404, 'job_not_found', 'There is no such job.')
    if (what === 'cancel') {
      push(id, 'status', {
        state: 'cancelled',
        outcome: { class: 'cancelled', detail: 'Cancelled on request.', retry: 'same', charged: 'no' },
        at: new Date().toISOString(),
      })
      return json(response, 200, view(id))
    }
    if (what !== 'events') return json(response, 200, view(id))
    if (request.headers.accept === 'text/event-stream') return stream(id, request, response)
    const wait = /wait=(\d+)/.exec(String(request.headers.prefer))?.[1] ?? '0'
    return page(id, Number(url.searchParams.get('after')), Number(wait), response)
  }

  async function listen(): Promise<void> {
    server = createServer((request, response) => void answer(request, response))
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  async function close(): Promise<void> {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  await listen()
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    seen,
    add,
    push,
    view,
    /** Goes away with every connection. Comes back at the same address with {@link listen}. */
    close,
    listen,
    /** Streams asked for so far. */
    streams: () => seen.filter(({ headers, path }) => headers.accept === 'text/event-stream' && path.includes('events')),
  }
}

export type JobServer = Awaited<ReturnType<typeof startJobServer>>

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function problem(response: ServerResponse, status: number, code: string, detail: string, headers: Record<string, string> = {}): void {
  json(
    response,
    status,
    { type: `https://sluice.example/errors/${code}`, title: code, status, code, detail },
    { ...headers, 'content-type': 'application/problem+json' },
  )
}

export function blankJob(id: string): JobView {
  const stage = (key: JobView['stages'][number]['key'], label: string) => ({
    key,
    label,
    state: 'pending' as const,
    progress: null,
    startedAt: null,
    endedAt: null,
  })
  return {
    id,
    kind: 'presentation',
    title: 'Harbour tunnel opens',
    state: 'queued',
    playable: false,
    stages: [
      stage('analyse', 'Analysing prompt'),
      stage('keyframes', 'Generating keyframes'),
      stage('voice', 'Recording voice and music'),
      stage('render', 'Rendering video'),
      stage('check', 'Checking quality'),
      stage('optimise', 'Optimising for web'),
      stage('publish', 'Publishing'),
    ],
    progress: null,
    eta: null,
    queue: { ahead: 2 },
    preview: null,
    playback: null,
    assetId: null,
    notice: null,
    reviews: [],
    outcome: null,
    cost: { estimateMicroUsd: 0, actualMicroUsd: 0 },
    retryOf: null,
    request: {},
    seq: 0,
    createdAt: '2026-11-23T10:00:00.000Z',
    startedAt: null,
    playableAt: null,
    endedAt: null,
    deadlineAt: null,
  }
}

function blankAsset(id: string) {
  return {
    id,
    jobId: 'job_1',
    kind: 'video',
    title: 'Harbour tunnel opens',
    state: 'ready',
    durationSeconds: 30,
    width: 1280,
    height: 720,
    fps: 30,
    renditions: [{ format: 'hls', state: 'ready', url: `/v1/assets/${id}/hls/main.m3u8` }],
    files: [],
    verdicts: [],
    playbackUrl: `/v1/assets/${id}/hls/main.m3u8`,
    posterUrl: null,
    captionsUrl: null,
    createdAt: '2026-11-23T10:00:00.000Z',
  }
}
