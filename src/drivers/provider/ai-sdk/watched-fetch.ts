import { AsyncLocalStorage } from 'node:async_hooks'
import { fetch as undiciFetch } from 'undici'
import type { Network } from '../../http/network.ts'

/** What came back over HTTP while an AI SDK model was at work. */
export interface SeenAnswer {
  method: string
  url: string
  /** `null`: none came. */
  status: number | null
  /** Names in lower case. */
  headers: Record<string, string>
  /** Of answers that are no success: their beginning. */
  words: string
}

export interface Watched<T> {
  done: Promise<T>
  /** Grows while it runs. */
  answers: readonly SeenAnswer[]
}

export interface WatchedFetch {
  /** Give it to the SDK: `createFal({ apiKey, fetch: watched.fetch })`. */
  fetch: typeof globalThis.fetch
  watch<T>(run: () => PromiseLike<T>): Watched<T>
}

const WORDS = 2_000

/**
 * A `fetch` that remembers what was answered, because the models of the AI SDK do not tell it: some turn any HTTP error into the end
 * of a video. Within one watch nothing is posted twice to one address: an SDK that tries again on its own orders once.
 */
export function createWatchedFetch(options: { network: Network } | { fetch: typeof globalThis.fetch }): WatchedFetch {
  const watches = new AsyncLocalStorage<SeenAnswer[]>()
  const send: typeof globalThis.fetch =
    'fetch' in options
      ? options.fetch
      : (input, init) => undiciFetch(input as never, { ...init, dispatcher: options.network.trusted } as never) as never

  return {
    async fetch(input, init) {
      const seen = watches.getStore()
      if (seen === undefined) return send(input, init)
      const url = input instanceof Request ? input.url : String(input)
      const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
      if (method === 'POST' && seen.some((earlier) => earlier.method === 'POST' && earlier.url === url))
        throw new Error('The model tried to post the same order twice.')
      const answer: SeenAnswer = { method, url, status: null, headers: {}, words: '' }
      seen.push(answer)
      const response = await send(input, init)
      answer.status = response.status
      answer.headers = Object.fromEntries(response.headers)
      if (response.ok || response.status < 400) return response
      const text = await response.text()
      answer.words = text.slice(0, WORDS)
      return new Response(text, { status: response.status, statusText: response.statusText, headers: response.headers })
    },
    watch<T>(run: () => PromiseLike<T>): Watched<T> {
      const answers: SeenAnswer[] = []
      return { answers, done: watches.run(answers, async () => run()) }
    },
  }
}

/** For models that were made with another `fetch`: nothing is seen. */
export const unwatched = <T>(run: () => PromiseLike<T>): Watched<T> => ({ answers: [], done: (async () => run())() })
