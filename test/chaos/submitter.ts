import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinal } from '../../src/domain/job.ts'
import type { JobInput, JobView } from '../../src/wire/jobs.ts'

const kinds: JobInput[] = [
  { kind: 'sound', prompt: 'a small bell', durationSeconds: 1 },
  { kind: 'speech', text: 'The tide turns twice a day. Nobody has to ask it to.' },
  { kind: 'video', prompt: 'slow waves at night', durationSeconds: 3, size: '640x360', formats: ['hls', 'mp4'] },
  {
    kind: 'presentation',
    text: 'The harbour reopens. After two years of work the old harbour reopens on Monday. It cost $4.2 million.',
    durationSeconds: 10,
    size: '640x360',
    formats: ['hls', 'mp4', 'mp3'],
  },
]

export interface Submitter {
  /** Ids of jobs that were answered with 202. */
  readonly accepted: Set<string>
  /** Keeps jobs under way on this server until {@link pause}. A function is asked before each call, for several servers in turn. */
  feed(url: string | (() => string)): void
  pause(): void
  /** An order out of turn, sent as soon as it is being fed. */
  order(input: JobInput): void
  /** Sends again, with their own keys, the orders whose answer never came. */
  confirm(url: string): Promise<void>
  /** Waits for every accepted job to end. Returns what is wrong. */
  untilEnded(url: string, withinMs: number): Promise<string[]>
}

export interface SubmitterOptions {
  /** Sent with every call, e.g. whose key it is. */
  headers?: Readonly<Record<string, string>>
  /** Orders beyond so many are not made; asked before each. Default: no end. */
  most?(): number
  onAccepted?(id: string, input: JobInput): void
  /** Tells whether a job has ended. Default: the server is asked. */
  isEnded?(id: string): boolean
}

/** A client as it should be: one idempotency key an order, sent again with the same key when the answer is lost. */
export function createSubmitter(
  atOnce: number,
  random: () => number,
  inputs: readonly JobInput[] = kinds,
  { headers = {}, most = () => Number.POSITIVE_INFINITY, onAccepted, isEnded: known }: SubmitterOptions = {},
): Submitter {
  const accepted = new Set<string>()
  const ended = new Set<string>()
  const unanswered = new Map<string, JobInput>()
  let feeding: AbortController | null = null

  async function submit(url: string, key: string, input: JobInput, signal: AbortSignal): Promise<void> {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(input),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    if (response.status !== 202) throw new Error(`submit answered ${response.status}: ${await response.text()}`)
    const { id } = (await response.json()) as JobView
    accepted.add(id)
    unanswered.delete(key)
    onAccepted?.(id, input)
  }

  async function isEnded(url: string, id: string): Promise<boolean> {
    if (ended.has(id)) return true
    if (known) return known(id)
    const response = await fetch(`${url}/v1/jobs/${id}`, { headers, signal: AbortSignal.timeout(10_000) })
    if (!response.ok) throw new Error(`job ${id} answered ${response.status}`)
    const { state } = (await response.json()) as JobView
    if (isFinal(state)) ended.add(id)
    return ended.has(id)
  }

  async function feedWhile(address: () => string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const url = address()
        for (const [key, input] of [...unanswered]) await submit(url, key, input, signal)
        let open = 0
        for (const id of accepted) if (!(await isEnded(url, id))) open++
        if (open < atOnce && accepted.size < most()) {
          const key = randomUUID()
          const input = labelled(inputs[Math.floor(random() * inputs.length)] as JobInput, key)
          unanswered.set(key, input)
          await submit(url, key, input, signal)
        } else await sleep(100, undefined, { signal })
      } catch {
        // The server was killed under the call; what was not answered is sent again to the next one.
        if (!signal.aborted) await sleep(50)
      }
    }
  }

  return {
    accepted,
    feed(url) {
      feeding = new AbortController()
      void feedWhile(typeof url === 'function' ? url : () => url, feeding.signal)
    },
    pause() {
      feeding?.abort()
    },
    order(input) {
      const key = randomUUID()
      unanswered.set(key, labelled(input, key))
    },
    async confirm(url) {
      for (const [key, input] of [...unanswered]) await submit(url, key, input, AbortSignal.timeout(30_000))
    },
    async untilEnded(url, withinMs) {
      const deadline = Date.now() + withinMs
      for (;;) {
        const open: string[] = []
        for (const id of accepted) if (!(await isEnded(url, id))) open.push(id)
        if (open.length === 0) return []
        if (Date.now() > deadline) return open.map((id) => `${id} did not end within ${withinMs / 1000} s`)
        await sleep(250)
      }
    },
  }
}

/** Says in the prompt which order it is, so that it can be found at a vendor. */
function labelled(input: JobInput, key: string): JobInput {
  return 'prompt' in input ? { ...input, prompt: `${input.prompt} (order ${key})` } : input
}
