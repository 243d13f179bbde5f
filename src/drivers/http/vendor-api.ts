import { Readable } from 'node:stream'
import { type Dispatcher, request, FormData as SendableForm } from 'undici'
import { SluiceError } from '../../domain/errors.ts'
import type { TakeBody } from '../../ports/provider.ts'
import { assertPublicUrl, type Network } from './network.ts'
import { retryAfterMs } from './retry-after.ts'
import type { Upload } from './upload.ts'

const TIMEOUT_MS = 60_000
/** JSON with a video inside is a download, not an answer. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20
const MAX_REDIRECTS = 5

export interface Answer {
  status: number
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  /** The body while it arrives; read it or one of the other two, once. */
  stream: AsyncIterable<Uint8Array>
  text(): Promise<string>
  /** Parsed JSON. Throws `provider_unavailable` for anything else; after an order, `submit_unknown`. */
  json(): Promise<unknown>
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  headers?: Record<string, string>
  query?: Record<string, string>
  /** Sent as JSON; a FormData as multipart. */
  body?: unknown
  /** Sent in place of a body. An error of its stream is thrown as it is: what broke off here was not taken. */
  upload?: Upload
  signal: AbortSignal
  /** Until the head of the answer. Default 60,000. */
  timeoutMs?: number
}

/**
 * A vendor's API at the address the operator configured. Credentials go to that origin and nowhere else, redirects of
 * the API are not followed, nothing is sent twice.
 */
export interface VendorApi {
  /**
   * The one POST that may cost money. Answers below 500 other than 408 are returned for the adapter to judge. Throws
   * `provider_unavailable` when no connection came about, so nothing was ordered, and `submit_unknown` for every doubt:
   * a lost connection, no answer in time, 408, 5xx.
   */
  order(path: string, call: Omit<Call, 'method'>): Promise<Answer>
  /**
   * A call that may be repeated. Throws `provider_unavailable` for faults of the way and 5xx, `provider_throttled` for
   * 429, unless `judges` says that the adapter judges this status itself.
   */
  ask(path: string, call: Call & { judges?: (answer: Answer) => boolean }): Promise<Answer>
  /**
   * An output, from the vendor's own origin or any public https address; up to 5 redirects are followed, credentials are
   * left behind when the origin changes. Throws `file_not_found` for 403, 404 and 410 (the address has expired),
   * `address_refused`, `provider_unavailable`, `provider_throttled`.
   */
  download(url: string, options: { signal: AbortSignal; fromByte?: number; headers?: Record<string, string> }): Promise<TakeBody>
}

export interface VendorApiOptions {
  /** As the user knows it, for messages. */
  vendor: string
  /** May have a path; paths of calls are appended. */
  baseUrl: string
  /** Credentials and version headers. */
  headers: Record<string, string>
  network: Network
}

export function createVendorApi({ vendor, baseUrl, headers, network }: VendorApiOptions): VendorApi {
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`)

  function addressOf(path: string, query: Record<string, string> = {}): URL {
    const url = new URL(path.replace(/^\//, ''), base)
    if (url.origin !== base.origin) throw new Error(`${url.origin} is not where ${vendor} is`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url
  }

  async function send(url: URL, { method = 'GET', headers: more, body, upload, signal, timeoutMs = TIMEOUT_MS }: Call): Promise<Answer> {
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    try {
      const form = body instanceof FormData
      const answer = await request(url, {
        method,
        dispatcher: network.trusted,
        signal: AbortSignal.any([signal, timeout.signal]),
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body !== undefined && !form && { 'content-type': 'application/json' }),
          ...(upload && { 'content-type': upload.contentType, 'content-length': String(upload.sizeBytes) }),
          ...more,
        },
        body: upload ? readable(upload) : body === undefined ? null : form ? sendable(body) : JSON.stringify(body),
      })
      return answerOf(vendor, answer)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async order(path, call) {
      try {
        const answer = await send(addressOf(path, call.query), { ...call, method: 'POST' })
        if (answer.status < 500 && answer.status !== 408) return doubtful(vendor, answer)
        throw unknown(vendor, `it answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
      } catch (error) {
        if (SluiceError.is(error)) throw error
        if (neverSent(error)) throw unavailable(vendor, error)
        throw unknown(vendor, wordsOf(error), error)
      }
    },

    async ask(path, { judges, ...call }) {
      const answer = await send(addressOf(path, call.query), call).catch((error: unknown) => {
        call.signal.throwIfAborted()
        throw SluiceError.is(error) ? error : unavailable(vendor, error)
      })
      if (judges?.(answer)) return answer
      if (answer.status === 429) throw throttled(vendor, answer)
      if (answer.status >= 500 || answer.status === 408) throw unavailable(vendor, `it answered ${answer.status}`, answer)
      return answer
    },

    async download(address, { signal, fromByte = 0, headers: more }) {
      let url = parsed(vendor, address)
      for (let redirects = 0; ; redirects++) {
        const own = url.origin === base.origin
        if (!own) assertPublicUrl(url)
        const answer = await request(url, {
          dispatcher: own ? network.trusted : network.guarded,
          signal,
          headers: { ...(own && headers), ...(own && more), ...(fromByte > 0 && { range: `bytes=${fromByte}-` }) },
        }).catch((error: unknown) => {
          signal.throwIfAborted()
          throw SluiceError.is(error) ? error : unavailable(vendor, error)
        })
        const { statusCode, headers: told } = answer
        if (statusCode === 200 || statusCode === 206) return bodyOf(answer, fromByte)
        await answer.body.dump()
        if (statusCode >= 300 && statusCode < 400 && typeof told['location'] === 'string' && redirects < MAX_REDIRECTS) {
          url = new URL(told['location'], url)
        } else if (statusCode === 403 || statusCode === 404 || statusCode === 410) {
          throw new SluiceError('file_not_found', `${vendor} no longer serves the output at this address (${statusCode}).`)
        } else if (statusCode === 429) throw throttled(vendor, { headers: told as Answer['headers'] })
        else throw unavailable(vendor, `the download was answered with ${statusCode}`)
      }
    },
  }
}

const readable = ({ stream }: Upload): Readable => Readable.from(stream, { objectMode: false })

/** undici sends forms of its own class only, not those of Node. */
function sendable(form: FormData): SendableForm {
  const copy = new SendableForm()
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value)
    else copy.append(name, value, value.name)
  }
  return copy
}

function parsed(vendor: string, address: string): URL {
  try {
    return new URL(address)
  } catch (error) {
    throw unavailable(vendor, error)
  }
}

function answerOf(vendor: string, { statusCode, headers, body }: Dispatcher.ResponseData): Answer {
  async function text(): Promise<string> {
    const chunks: Uint8Array[] = []
    let sizeBytes = 0
    for await (const chunk of body) {
      sizeBytes += (chunk as Uint8Array).length
      if (sizeBytes > MAX_ANSWER_BYTES) throw unavailable(vendor, `its answer has more than ${MAX_ANSWER_BYTES} bytes`)
      chunks.push(chunk as Uint8Array)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
  return {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value])),
    stream: body as AsyncIterable<Uint8Array>,
    text,
    async json() {
      const read = await text().catch((error: unknown) => {
        throw SluiceError.is(error) ? error : unavailable(vendor, error)
      })
      try {
        return JSON.parse(read)
      } catch (error) {
        throw unavailable(vendor, `its answer is not JSON: ${read.slice(0, 200)}`, error)
      }
    },
  }
}

/** The answer to an order, of which what cannot be read leaves a doubt. */
function doubtful(vendor: string, answer: Answer): Answer {
  if (answer.status >= 400) return answer
  const json = () =>
    answer.json().catch((error: unknown) => {
      throw unknown(vendor, wordsOf(error), error)
    })
  return { ...answer, json }
}

function bodyOf({ statusCode, headers, body }: Dispatcher.ResponseData, asked: number): TakeBody {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(headers['content-range'] ?? ''))
  const fromByte = statusCode === 206 ? Number(range?.[1] ?? asked) : 0
  const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
  const total = range?.[2] !== undefined && range[2] !== '*' ? Number(range[2]) : length === null ? null : fromByte + length
  return { stream: body as AsyncIterable<Uint8Array>, fromByte, sizeBytes: total }
}

/** Errors of a connection that never came about, so that not a byte of the order has left. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** SDKs wrap what went wrong; it is somewhere down the causes. */
export function neverSent(error: unknown): boolean {
  let current = error as { code?: unknown; cause?: unknown } | undefined
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
    if (typeof current.code === 'string' && NEVER_SENT.has(current.code)) return true
    current = current.cause as typeof current
  }
  return false
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function unavailable(vendor: string, why: unknown, answer?: unknown): SluiceError {
  const wait = typeof answer === 'object' && answer !== null && 'headers' in answer ? retryAfterMs(answer as Answer) : undefined
  return new SluiceError('provider_unavailable', `${vendor} cannot be reached: ${wordsOf(why)}`, {
    ...(wait !== undefined && { retryAfterMs: wait }),
    cause: why,
  })
}

function unknown(vendor: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('submit_unknown', `It is unknown whether ${vendor} took the order: ${why}`, { cause })
}

/** 429: not taken, nothing charged. */
export function throttled(vendor: string, answer: Pick<Answer, 'headers'>): SluiceError {
  const wait = retryAfterMs(answer)
  return new SluiceError('provider_throttled', `${vendor} asks to wait${wait === undefined ? '' : ` ${Math.ceil(wait / 1000)} s`}.`, {
    ...(wait !== undefined && { retryAfterMs: wait }),
  })
}
