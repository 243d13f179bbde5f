import { AsyncLocalStorage } from 'node:async_hooks'
import { fetch as undiciFetch } from 'undici'
import { assertPublicUrl, type Network } from '../../http/network.ts'

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

export type WatchedFetchOptions =
  | {
      network: Network
      /** An origin that is called although it is not public https, e.g. of a server in this network. */
      trustedOrigin?: string
    }
  /** What is called is up to this function. */
  | { fetch: typeof globalThis.fetch }

/**
 * A `fetch` that remembers what was answered, because the models of the AI SDK do not tell it: some turn any HTTP error into the end
 * of a video. Within one watch nothing is posted twice to one address: an SDK that tries again on its own orders once. Only public
 * https addresses are called, redirects are handed back: the SDK leaves that to a `fetch` it is given.
 */
export function createWatchedFetch(options: WatchedFetchOptions): WatchedFetch {
  const watches = new AsyncLocalStorage<SeenAnswer[]>()
  const send = 'fetch' in options ? options.fetch : publicFetch(options)

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

function publicFetch({ network, trustedOrigin }: { network: Network; trustedOrigin?: string }): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const trusted = url.origin === trustedOrigin
    if (!trusted) assertPublicUrl(url)
    const answer = await undiciFetch(url, {
      method: request.method,
      headers: [...request.headers],
      // As bytes: forms are of another class here than there.
      body: request.body === null ? null : await request.arrayBuffer(),
      signal: request.signal,
      redirect: request.redirect === 'error' ? 'error' : 'manual',
      dispatcher: trusted ? network.trusted : network.guarded,
    })
    return answer as unknown as Response
  }
}

/** For models that were made with another `fetch`: nothing is seen. */
export const unwatched = <T>(run: () => PromiseLike<T>): Watched<T> => ({ answers: [], done: (async () => run())() })
