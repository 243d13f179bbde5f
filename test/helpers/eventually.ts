import { setTimeout as sleep } from 'node:timers/promises'

const ASK_EVERY_MS = 100

/** Asks until the answer will do. Throws with the last answer when that does not happen in time. */
export async function eventually<T>(ask: () => Promise<T>, will: (answer: T) => boolean, withinMs: number): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (will(answer)) return answer
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`)
    await sleep(ASK_EVERY_MS)
  }
}
