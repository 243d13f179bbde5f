import type pg from 'pg'

/**
 * Counts round trips over connections the pool opens from now on: a statement that is sent while an answer is awaited rides
 * along. Returns the way to read the count.
 */
export function countRoundTrips(pool: pg.Pool): () => number {
  let roundTrips = 0
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    let awaited = 0
    const counting = (...args: unknown[]): unknown => {
      if (awaited === 0) roundTrips++
      awaited++
      const answered = (): void => {
        awaited--
      }
      // The pool itself calls with a callback, a transaction awaits.
      const callback = args.at(-1)
      if (typeof callback === 'function') {
        return query(...args.slice(0, -1), (...answer: unknown[]) => {
          answered()
          callback(...answer)
        })
      }
      const answer = query(...args) as Promise<unknown>
      answer.then(answered, answered)
      return answer
    }
    client.query = counting as typeof client.query
  })
  return () => roundTrips
}
