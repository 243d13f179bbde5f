import { expect, test } from 'vitest'
import { SluiceError } from '../domain/errors.ts'
import { keepAnswer } from './keep-answer.ts'

/** Objects whose first puts fail, and a clock whose sleeps only move it. */
function world(failures: (SluiceError | Error)[]) {
  let now = 0
  const read: string[] = []
  const objects = {
    async put(key: string, body: AsyncIterable<Uint8Array> | Uint8Array, { mimeType }: { mimeType: string }) {
      let text = ''
      for await (const chunk of body as AsyncIterable<Uint8Array>) text += new TextDecoder().decode(chunk)
      read.push(text)
      const failure = failures.shift()
      if (failure) throw failure
      return { key, sizeBytes: text.length, sha256: '', mimeType }
    },
  }
  const clock = {
    now: () => new Date(now),
    sleep: async (milliseconds: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      now += milliseconds
    },
  }
  const stop = new AbortController()
  const keep = (bytes: AsyncIterable<Uint8Array>) =>
    keepAnswer({ objects, clock } as never, { log: { warn() {} }, signal: stop.signal } as never, 'jobs/a/speech', bytes, 'audio/wav')
  return { keep, read, stop, now: () => now }
}

async function* pieces(...texts: string[]) {
  for (const text of texts) yield new TextEncoder().encode(text)
}
const gone = () => new SluiceError('storage_unavailable', 'The bucket is gone.')

test('what came with the answer is held while the files are gone, and stored whole once they are back', async () => {
  const { keep, read, now } = world([gone(), gone()])
  expect(await keep(pieces('paid ', 'for'))).toMatchObject({ sizeBytes: 8, mimeType: 'audio/wav' })
  expect(read).toEqual(['paid for', 'paid for', 'paid for'])
  expect(now()).toBe(10_000)
})

test('it is given up after a quarter of an hour, when the run is told to end, and at once for any other fault', async () => {
  const long = world(Array.from({ length: 1_000 }, gone))
  await expect(long.keep(pieces('paid for'))).rejects.toMatchObject({ code: 'storage_unavailable' })
  expect(long.now()).toBe(15 * 60_000)
  const stopped = world([gone()])
  stopped.stop.abort(new Error('draining'))
  await expect(stopped.keep(pieces('paid for'))).rejects.toThrow('draining')
  const broken = world([new Error('a mistake')])
  await expect(broken.keep(pieces('paid for'))).rejects.toThrow('a mistake')
  expect(broken.read).toHaveLength(1)
})

test('what is too large to be held goes through once, whole', async () => {
  const large = 'x'.repeat(20 * 1024 * 1024)
  const { keep, read } = world([])
  expect(await keep(pieces(large, large, 'end'))).toMatchObject({ sizeBytes: 2 * large.length + 3 })
  expect(read[0]?.endsWith('xend')).toBe(true)
  const failing = world([gone(), gone()])
  await expect(failing.keep(pieces(large, large, 'end'))).rejects.toMatchObject({ code: 'storage_unavailable' })
  expect(failing.read).toHaveLength(1)
})
