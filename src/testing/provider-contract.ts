import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../domain/generate.ts'
import type { TakeId } from '../domain/ids.ts'
import type { ProblemCode } from '../domain/problems.ts'
import type { RemoteRef, TakeOutput } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import { orderContext } from './order-context.ts'

export interface ProviderContract {
  name: string
  /** A provider ready for orders. Called once for the suite. */
  make: () => Promise<{ provider: Provider; close: () => Promise<void> }>
  requests: {
    /** One or more of each kind the provider declares, small enough to be made in seconds. */
    small: GenerateRequest[]
    /** Takes long enough to be stopped while it is being made. */
    long: GenerateRequest
    /** Orders it will not make, and the problem it names, before anything is sent. */
    refused: { request: GenerateRequest; code: ProblemCode }[]
    /** A reference in the provider's own form to work it does not have. */
    unknown: RemoteRef
  }
}

const never = new AbortController().signal

/** What every driver of {@link Provider} does. */
export function providerContract({ name, make, requests }: ProviderContract): void {
  describe(`provider: ${name}`, () => {
    let provider: Provider
    let close: () => Promise<void>
    let counter = 0
    const nextId = (): TakeId => `tak_${String(++counter).padStart(26, '0')}` as TakeId

    beforeAll(async () => {
      const opened = await make()
      provider = opened.provider
      close = opened.close
    })
    afterAll(() => close())

    /** Orders and resolves on the provider's hints, asking now and then as one would of a provider that cannot hint. */
    async function follow(
      request: GenerateRequest,
      until: (status: TakeStatus) => boolean,
    ): Promise<{ ref: RemoteRef; seen: TakeStatus[]; last: TakeStatus; hints: number }> {
      let wake = (): void => {}
      let hints = 0
      const hint = (): void => {
        hints++
        wake()
      }
      const ref = await provider.start(request, orderContext(nextId(), { hint }))
      const seen: TakeStatus[] = []
      for (;;) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve
          setTimeout(resolve, provider.capabilities.pollMs ?? 5_000).unref()
        })
        const last = await provider.status(ref, { signal: never })
        seen.push(last)
        if (until(last) || !(last.state === 'queued' || last.state === 'running')) return { ref, seen, last, hints }
        await woken
      }
    }

    const ended = (status: TakeStatus): boolean => status.state !== 'queued' && status.state !== 'running'

    async function bytesOf(output: TakeOutput): Promise<Buffer> {
      const pieces: Uint8Array[] = []
      for await (const piece of (await provider.fetch(output, { signal: never })).stream) pieces.push(piece)
      return Buffer.concat(pieces)
    }

    async function made(request: GenerateRequest): Promise<{ ref: RemoteRef; outputs: TakeOutput[]; bytes: Buffer[] }> {
      const { ref, last } = await follow(request, ended)
      if (last.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(last)}`)
      return { ref, outputs: last.outputs, bytes: await Promise.all(last.outputs.map(bytesOf)) }
    }

    test('declares what the suite orders, and the suite orders all it declares', () => {
      expect([...new Set(requests.small.map(({ kind }) => kind))].sort()).toEqual([...provider.capabilities.kinds].sort())
    })

    test('quotes before anything is sent: whole micro-dollars, seconds, and what the figure rests on', () => {
      for (const request of requests.small) {
        const quote = provider.quote(request)
        expect(Number.isInteger(quote.amountMicroUsd) && quote.amountMicroUsd >= 0, JSON.stringify(quote)).toBe(true)
        expect(quote.seconds).toBeGreaterThan(0)
        expect(quote.basis).not.toBe('')
      }
    })

    test('refuses by name what it will not make, in the quote and in the order alike', async () => {
      for (const { request, code } of requests.refused) {
        expect(() => provider.quote(request), JSON.stringify(request)).toThrow(
          expect.objectContaining({ code, fix: expect.stringMatching(/\w/), field: expect.stringMatching(/\w/) }),
        )
        await expect(provider.start(request, orderContext(nextId()))).rejects.toMatchObject({ code })
      }
    })

    test('an order whose signal has gone is not taken', async () => {
      const [request] = requests.small
      if (request === undefined) throw new Error('the suite needs a request')
      await expect(provider.start(request, orderContext(nextId(), { signal: AbortSignal.abort() }))).rejects.toThrow()
    })

    for (const request of requests.small) {
      test(`makes ${request.kind}: the reference is plain JSON, progress never goes back, the bytes are as long as said`, async () => {
        const { ref, seen, last, hints } = await follow(request, ended)
        expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
        expect(hints).toBeGreaterThan(0)
        const fractions = seen.flatMap((status) => (status.state === 'running' && status.progress !== null ? [status.progress] : []))
        expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
        for (const fraction of fractions) expect(fraction >= 0 && fraction <= 1).toBe(true)
        if (last.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(last)}`)
        const expected = request.kind === 'keyframes' ? request.scenes.map(() => 'still') : ['media']
        expect(last.outputs.filter(({ role }) => role !== 'timings').map(({ role }) => role)).toEqual(expected)
        for (const output of last.outputs) {
          const bytes = await bytesOf(output)
          expect(bytes.byteLength).toBeGreaterThan(0)
          if (output.sizeBytes !== undefined) expect(bytes.byteLength).toBe(output.sizeBytes)
        }
        await provider.release?.(ref)
      })

      test(`makes the same ${request.kind} from the same seed`, async ({ skip }) => {
        if (provider.capabilities.seed !== true) return skip('the provider does not honour seeds')
        const [one, two] = [await made(request), await made(request)]
        expect(one.bytes.map(sha256)).toEqual(two.bytes.map(sha256))
        await Promise.all([provider.release?.(one.ref), provider.release?.(two.ref)])
      })
    }

    test('cancel tells the truth: stopped while it was being made, too late once it is done', async ({ skip }) => {
      if (provider.cancel === undefined) return skip('the provider cannot cancel')
      const { ref } = await follow(requests.long, ({ state }) => state === 'running')
      const truth = await provider.cancel(ref)
      const after = await provider.status(ref, { signal: never })
      if (truth === 'stopped') expect(after).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
      if (truth === 'too_late') expect(after.state).toBe('succeeded')
      expect(truth).not.toBe('unknown')
      await provider.release?.(ref)

      const done = await made(requests.small[0] as GenerateRequest)
      expect(await provider.cancel(done.ref)).toBe('too_late')
      expect((await provider.status(done.ref, { signal: never })).state).toBe('succeeded')
      await provider.release?.(done.ref)
    })

    test('what it does not know is lost, not invented', async () => {
      expect(await provider.status(requests.unknown, { signal: never })).toMatchObject({ state: 'lost', outcome: { class: 'lost' } })
    })

    test('release can be repeated, and what was released is gone', async ({ skip }) => {
      if (provider.release === undefined) return skip('the provider keeps nothing')
      const { ref, outputs } = await made(requests.small[0] as GenerateRequest)
      await provider.release(ref)
      await provider.release(ref)
      await provider.release(requests.unknown)
      expect((await provider.status(ref, { signal: never })).state).toBe('lost')
      for (const output of outputs) await expect(bytesOf(output)).rejects.toMatchObject({ code: 'take_lost' })
    })
  })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
