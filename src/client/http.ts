import type { ProblemView } from '../wire/problem.ts'
import { ApiError, abortError, SluiceClientError, TransportError } from './errors.ts'
import { backoffMs, pause } from './pause.ts'

export interface HttpOptions {
  baseUrl: string
  auth?: string | (() => string | Promise<string>) | undefined
  fetch?: typeof fetch | undefined
}

export interface Exchange {
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** How often to try again after a network error, 5xx, 429 or an answer still being made. Default 2. */
  retries?: number
  /** For one try. Default 30 s. */
  timeoutMs?: number
  jobId?: string | undefined
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface Http {
  readonly baseUrl: string
  /** One JSON exchange; `undefined` for 204. Rejects with {@link ApiError}, {@link TransportError} or, when aborted, a wait error. */
  json<T>(method: Method, path: string, exchange?: Exchange): Promise<T>
  /** A successful response whose body the caller reads. A refused token is fetched anew once. */
  open(path: string, init: { headers: Record<string, string>; signal: AbortSignal }): Promise<Response>
  headersFor(url: string): Promise<Record<string, string>>
}

const TIMEOUT_MS = 30_000
const LONGEST_RETRY_AFTER_MS = 60_000

export function createHttp(options: HttpOptions): Http {
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const { auth } = options
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args))

  async function authorization(): Promise<Record<string, string>> {
    const token = typeof auth === 'function' ? await auth() : auth
    return token ? { authorization: `Bearer ${token}` } : {}
  }

  async function exchangeOnce(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const attempt = async () => send(baseUrl + path, { ...init, headers: { ...init.headers, ...(await authorization()) } })
    let response = await attempt()
    if (response.status === 401 && typeof auth === 'function') {
      await response.body?.cancel()
      response = await attempt()
    }
    if (!response.ok) throw await problemOf(response)
    return response
  }

  return {
    baseUrl,

    open: (path, init) => exchangeOnce(path, init),

    async json<T>(method: Method, path: string, exchange: Exchange = {}): Promise<T> {
      const { signal, jobId, retries = 2, timeoutMs = TIMEOUT_MS } = exchange
      const never = new AbortController().signal
      for (let failures = 0; ; ) {
        const limit = AbortSignal.timeout(timeoutMs)
        try {
          const response = await exchangeOnce(path, {
            method,
            headers: {
              accept: 'application/json',
              ...(exchange.body !== undefined && { 'content-type': 'application/json' }),
              ...exchange.headers,
            },
            body: exchange.body === undefined ? null : JSON.stringify(exchange.body),
            signal: signal ? AbortSignal.any([signal, limit]) : limit,
          })
          return (response.status === 204 ? undefined : await response.json()) as T
        } catch (error) {
          if (signal?.aborted) throw abortError(signal, jobId)
          failures += 1
          const known = asClientError(error, baseUrl, jobId)
          if (failures > retries || !worthAnotherTry(known)) throw known
          const asked = known instanceof ApiError ? known.retryAfterMs : undefined
          await pause(Math.min(asked ?? backoffMs(failures), LONGEST_RETRY_AFTER_MS), signal ?? never).catch(() => {
            throw abortError(signal ?? never, jobId)
          })
        }
      }
    },

    async headersFor(url) {
      if (!auth || new URL(url, `${baseUrl}/`).origin !== new URL(baseUrl).origin) return {}
      return authorization()
    },
  }
}

/** Whether the same request may succeed later. The caller makes sure that repeating it is harmless. */
function worthAnotherTry(error: SluiceClientError): boolean {
  if (!(error instanceof ApiError)) return error instanceof TransportError
  return error.status >= 500 || error.status === 429 || error.status === 408 || error.code === 'idempotency_in_progress'
}

export function asClientError(error: unknown, baseUrl: string, jobId?: string): SluiceClientError {
  if (error instanceof ApiError) return new ApiError(error.problem, { jobId: jobId ?? error.jobId, retryAfterMs: error.retryAfterMs })
  if (SluiceClientError.is(error)) return error
  const why = error instanceof Error ? reasonOf(error) : String(error)
  return new TransportError(`${baseUrl} cannot be reached: ${why}`, { jobId, cause: error })
}

/** `fetch failed` says nothing; its cause does, or the first of several (a name with two addresses). */
function reasonOf(error: Error): string {
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}

async function problemOf(response: Response): Promise<ApiError> {
  const retryAfterMs = retryAfter(response.headers.get('retry-after'))
  const body: unknown = await response.json().catch(() => null)
  if (isProblem(body)) return new ApiError(body, { retryAfterMs })
  const { status } = response
  const title = response.statusText || `Status ${status}`
  return new ApiError(
    { type: 'about:blank', title, status, code: `http_${status}`, detail: `The server answered ${status} without a reason.` },
    { retryAfterMs },
  )
}

function isProblem(body: unknown): body is ProblemView {
  return typeof body === 'object' && body !== null && 'code' in body && 'status' in body && typeof body.status === 'number'
}

/** `Retry-After` as RFC 9110 10.2.3 has it: seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
