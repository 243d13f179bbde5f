const WITHIN_MS = 10_000

/** A server that may be killed under any call, as one tenant sees it. */
export interface Api {
  /** Where to ask now. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Throws for any answer but a 2xx. */
  get<T>(path: string): Promise<T>
  /** Whether the answer was a 2xx. */
  post(path: string, body: unknown): Promise<boolean>
}

/** @param address asked before each call, so that calls may go to several servers in turn */
export function createApi(address: () => string, key?: string): Api {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
  return {
    get url() {
      return address()
    },
    headers,
    async get<T>(path: string) {
      const response = await fetch(new URL(path, address()), {
        headers: { ...headers, accept: 'application/json' },
        signal: AbortSignal.timeout(WITHIN_MS),
      })
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as T
    },
    async post(path, body) {
      const response = await fetch(new URL(path, address()), {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(WITHIN_MS),
      })
      await response.body?.cancel()
      return response.ok
    },
  }
}
