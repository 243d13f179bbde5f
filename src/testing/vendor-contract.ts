import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SluiceError } from '../domain/errors.ts'
import type { GenerateRequest } from '../domain/generate.ts'
import type { TakeId } from '../domain/ids.ts'
import type { MicroUsd } from '../domain/money.ts'
import type { ProblemCode } from '../domain/problems.ts'
import type { RemoteRef, TakeOutput } from '../domain/take.ts'
import type { ModelFacts, Provider, TakeStatus } from '../ports/provider.ts'
import { orderContext } from './order-context.ts'

/** The three keys the vendor is asked with: one it accepts, one it does not know, one of an account without money. */
export type VendorKey = 'key_lab' | 'key_invalid' | 'key_broke'

/** What the suite turns and reads at a vendor that plays along: `createLab` of Sluice fits. */
export interface PlayedVendor {
  /** Where it listens. */
  url: string
  /** Charges, and refunds below zero. */
  book: { entries(): readonly { vendor: string; amountMicroUsd: MicroUsd }[] }
  /** Markers in a prompt (`[lab:lost-reply]`) strike one order, dials all. */
  dials: { set(rates: Record<string, number>): void; reset(): void }
  /** How much faster than a vendor it works: at 1,000 a take lasts milliseconds. */
  clock: { speed: number }
  /** What it was ordered and has not forgotten. */
  works: { of(vendor: string): { list(): { ended: Promise<void> }[] } }
}

export interface VendorContract {
  name: string
  /** As the book calls the vendor. */
  vendor: string
  /** The vendor, ready to be asked. Called once for the suite; whoever opens it closes it. */
  open: () => Promise<PlayedVendor>
  /** The provider as an operator sets it up, for a vendor at this address. */
  make: (options: { url: string; key: VendorKey }) => Provider
  /** A small order. The prompt, or the text of speech, must reach the vendor as it is. */
  order: (prompt: string) => GenerateRequest
  /** A small order of each further kind, for the prices of its models. */
  others?: readonly GenerateRequest[]
  /** Orders it does not take, each with the field that is told. */
  refused: readonly { what: string; request: GenerateRequest; field: string }[]
  /** The id an order is shown under at the vendor, from its reference. Default: its `id`. */
  shownAs?: (ref: RemoteRef) => string
  /** Answers the order with the bytes themselves: nothing to ask for later, nothing to cancel, no address. Default false. */
  atOnce?: boolean
  /** Needs no key, so there is none to refuse. Default false. */
  keyless?: boolean
  /** Its outputs ride in answers or are served below its API: no address of their own that could expire. Default false. */
  withoutAddresses?: boolean
  /** A download can begin in the middle. Default true. */
  ranges?: boolean
  /** An order whose answer was lost is found by asking. Default: what the provider declares as `reconcile: 'list'`. */
  finds?: boolean
  /** When a prompt is refused, and whether it can be told from other failures. Default: at the order. */
  refusesInput?: 'order' | 'end' | 'never'
  /** A failure is believed only when it has been told for minutes: the suite does not wait for it. Default false. */
  failsLate?: boolean
}

const never = new AbortController().signal
const ENDS: ReadonlySet<TakeStatus['state']> = new Set(['succeeded', 'failed', 'cancelled', 'expired', 'lost'])
const ASK_EVERY_MS = 10
const ENDS_WITHIN_MS = 20_000

/** What every provider with a network in between does, whatever the vendor and the way there do: nothing is paid twice, and no figure is invented. */
export function vendorContract(contract: VendorContract): void {
  const { name, vendor, order, refused } = contract
  const { atOnce = false, keyless = false, withoutAddresses = false, ranges = true } = contract
  const { refusesInput = 'order', failsLate = false, shownAs = (ref) => String(ref['id']) } = contract

  describe(`vendor: ${name}`, () => {
    let lab: PlayedVendor
    let provider: Provider
    let orders = 0

    beforeAll(async () => {
      lab = await contract.open()
      provider = contract.make({ url: lab.url, key: 'key_lab' })
    })
    beforeEach(async () => {
      lab.clock.speed = 1_000
      lab.dials.reset()
      await settled()
    })
    afterAll(async () => {
      await provider?.close?.()
    })

    const nextId = (): TakeId => `tak_${String(++orders).padStart(26, '0')}` as TakeId
    /** Each order of its own words, so that a look through the vendor's list finds it and no other. */
    const prompt = (fault?: string): string => `take ${orders + 1} of ${name}${fault === undefined ? '' : ` [lab:${fault}]`}`
    const balance = (): MicroUsd => sum(lab.book.entries())
    const sum = (entries: readonly { vendor: string; amountMicroUsd: MicroUsd }[]): MicroUsd =>
      entries.reduce((total, entry) => total + (entry.vendor === vendor ? entry.amountMicroUsd : 0), 0)
    /** How often money was taken since the book had so many entries. */
    const chargesSince = (entries: number): number =>
      lab.book
        .entries()
        .slice(entries)
        .filter((entry) => entry.vendor === vendor && entry.amountMicroUsd > 0).length

    /** All that was ordered has ended, and is in the book: some vendors charge at the end. */
    const settled = (): Promise<unknown> =>
      Promise.all(
        lab.works
          .of(vendor)
          .list()
          .map((work) => work.ended),
      )

    async function start(request: GenerateRequest, by = provider) {
      const context = orderContext(nextId())
      const ref = await by.start(request, context)
      return { ref, kept: context.kept }
    }

    const ask = (ref: RemoteRef, by = provider): Promise<TakeStatus> => by.status(ref, { signal: never })

    async function ended(ref: RemoteRef, see: (status: TakeStatus) => void = () => {}): Promise<TakeStatus> {
      for (const deadline = Date.now() + ENDS_WITHIN_MS; ; ) {
        const status = await ask(ref)
        see(status)
        if (ENDS.has(status.state)) return status
        if (Date.now() > deadline) throw new Error(`not at an end: ${JSON.stringify(status)}`)
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
      }
    }

    async function outputsOf(ref: RemoteRef): Promise<TakeOutput[]> {
      const status = await ended(ref)
      if (status.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(status)}`)
      return status.outputs
    }

    async function mediaOf(ref: RemoteRef): Promise<TakeOutput> {
      const media = (await outputsOf(ref)).filter(({ role }) => role === 'media')
      expect(media).toHaveLength(1)
      return media[0] as TakeOutput
    }

    async function fetched(output: TakeOutput, fromByte = 0) {
      const body = await provider.fetch(output, { signal: never, fromByte })
      const pieces: Uint8Array[] = []
      for await (const piece of body.stream) pieces.push(piece)
      return { ...body, bytes: Buffer.concat(pieces) }
    }

    /** The order is answered with this, and it has cost nothing. */
    async function turnedAway(request: GenerateRequest, code: ProblemCode, by = provider): Promise<SluiceError> {
      const before = balance()
      const error = await start(request, by).then(
        ({ ref }) => Promise.reject(new Error(`it was taken: ${JSON.stringify(ref)}`)),
        (thrown: SluiceError) => thrown,
      )
      expect(error, error.message).toMatchObject({ code })
      await settled()
      expect(balance()).toBe(before)
      return error
    }

    /** What the outcome says of the money is what the book says. */
    function asBooked(status: TakeStatus, before: MicroUsd): void {
      if (!('outcome' in status)) throw new Error(`the take did not fail: ${JSON.stringify(status)}`)
      const { outcome } = status
      expect(outcome.detail).toMatch(/\w/)
      const taken = balance() - before
      if (outcome.charged === 'no') expect(taken).toBe(0)
      if (outcome.charged === 'yes') expect(outcome.amountMicroUsd).toBe(taken)
    }

    describe('before anything is sent', () => {
      test('each of its models is quoted in whole micro-dollars, and the quote is what the vendor then charges', async () => {
        const kinds = [order(prompt()), ...(contract.others ?? [])]
        const models = provider.capabilities.models ?? []
        const listed = kinds.flatMap((like) => models.flatMap((model) => priced(model, like)))
        for (const plain of [...kinds, ...listed]) {
          const request = withPictureIfNeeded(provider, plain)
          const quote = provider.quote(request)
          expect(Number.isInteger(quote.amountMicroUsd) && quote.amountMicroUsd >= 0, JSON.stringify(quote)).toBe(true)
          expect(quote.seconds).toBeGreaterThan(0)
          expect(quote.basis).toMatch(/\w/)
          const before = balance()
          const { ref } = await start(request)
          const status = await ended(ref)
          expect(balance() - before, JSON.stringify(request)).toBe(quote.amountMicroUsd)
          if (status.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(status)}`)
          if (status.charge) expect(status.charge.amountMicroUsd, JSON.stringify(request)).toBe(quote.amountMicroUsd)
        }
      })

      test.each(refused)('$what is refused by its field, with a way out, and nothing is charged', async ({ request, field }) => {
        const because = { code: 'provider_cannot', field, fix: expect.stringMatching(/\w/) }
        expect(() => provider.quote(request)).toThrow(expect.objectContaining(because))
        expect(await turnedAway(request, 'provider_cannot')).toMatchObject(because)
      })

      test('a vendor that cannot be reached has taken nothing, and one whose caller has gone is not asked', async () => {
        await turnedAway(order(prompt()), 'provider_unavailable', contract.make({ url: 'http://127.0.0.1:2', key: 'key_lab' }))
        const entries = lab.book.entries().length
        const context = orderContext(nextId(), { signal: AbortSignal.abort() })
        await expect(provider.start(order(prompt()), context)).rejects.toThrow()
        expect(lab.book.entries()).toHaveLength(entries)
      })
    })

    test('one order: charged once, a reference of plain JSON without the key, progress that does not go back, bytes as long as said', async () => {
      const entries = lab.book.entries().length
      const request = order(prompt())
      lab.clock.speed = 100
      const { ref, kept } = await start(request)
      expect(JSON.parse(JSON.stringify(ref))).toEqual(ref)
      expect(JSON.stringify(ref)).not.toContain('key_lab')
      const seen: number[] = []
      const last = await ended(JSON.parse(JSON.stringify(ref)), (status) => {
        if (status.state === 'running' && status.progress !== null) seen.push(status.progress)
      })
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
      for (const fraction of seen) expect(fraction >= 0 && fraction <= 1, String(fraction)).toBe(true)
      if (last.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(last)}`)
      expect(last.outputs.filter(({ role }) => role === 'media')).toHaveLength(1)
      for (const output of last.outputs) {
        const known = kept.find(({ locator }) => locator === output.locator)
        if (known) {
          expect(known.bytes.length).toBe(output.sizeBytes)
          continue
        }
        const { bytes, sizeBytes } = await fetched(output)
        expect(bytes.length).toBeGreaterThan(0)
        if (sizeBytes !== null) expect(bytes.length).toBe(sizeBytes)
        if (output.sizeBytes !== undefined) expect(bytes.length).toBe(output.sizeBytes)
      }
      expect(kept.length > 0).toBe(atOnce)
      expect(chargesSince(entries)).toBe(provider.quote(request).amountMicroUsd > 0 ? 1 : 0)
      await provider.release?.(ref)
      await provider.release?.(ref)
    })

    test('an order somebody found there by its id is followed as if its answer had come', async ({ skip }) => {
      if (atOnce) return skip('the reference is the output itself')
      const request = withPictureIfNeeded(provider, order(prompt()))
      const { ref } = await start(request)
      const adopted = provider.adopt?.(shownAs(ref), request) ?? null
      if (adopted === null) return skip('its orders have no id to be followed by')
      const [by, own] = await Promise.all([outputsOf(adopted), outputsOf(ref)])
      expect(by.map(({ role }) => role)).toEqual(own.map(({ role }) => role))
      const nowhere = provider.adopt?.('no-such-order', request)
      expect(nowhere && (await ask(nowhere)).state).toBe('lost')
    })

    describe('an order that goes wrong', () => {
      test('a reply that is lost is a doubt and never a second order; it is found again, or said to be unknown', async () => {
        const entries = lab.book.entries().length
        const request = order(prompt('lost-reply'))
        const takeId = `tak_${String(orders + 1).padStart(26, '0')}` as TakeId
        const orderedAt = new Date()
        await expect(start(request)).rejects.toMatchObject({ code: 'submit_unknown' })
        const price = provider.quote(request).amountMicroUsd
        await settled()
        expect(chargesSince(entries)).toBe(price > 0 ? 1 : 0)
        const found = (await provider.reconcile?.({ takeId, request, orderedAt }, { signal: never })) ?? 'unknown'
        const finds = contract.finds ?? provider.capabilities.reconcile === 'list'
        if (finds) {
          expect(found).toEqual(expect.any(Object))
          expect((await mediaOf(found as RemoteRef)).mimeType).toMatch(/\//)
        } else expect(found).toBe('unknown')
        await settled()
        expect(chargesSince(entries)).toBe(price > 0 ? 1 : 0)
      })

      test('a connection that breaks before anything is taken is a doubt that costs nothing, and nothing is found', async () => {
        const request = order(prompt('reset-before'))
        const takeId = `tak_${String(orders + 1).padStart(26, '0')}` as TakeId
        const orderedAt = new Date()
        await turnedAway(request, 'submit_unknown')
        const found = (await provider.reconcile?.({ takeId, request, orderedAt }, { signal: never })) ?? 'unknown'
        expect(['absent', 'unknown']).toContain(found)
      })

      test('an answer of 5xx is a doubt', async () => {
        await turnedAway(order(prompt('server-error')), 'submit_unknown')
      })

      test('a throttle is waited out for as long as the vendor says', async () => {
        expect(await turnedAway(order(prompt('throttle')), 'provider_throttled')).toMatchObject({ retryAfterMs: 1_000 })
        await turnedAway(order(prompt('throttle-bare')), 'provider_throttled')
      })

      if (!keyless)
        test('a key that is not known, and an account without money', async () => {
          await turnedAway(order(prompt()), 'provider_key_invalid', contract.make({ url: lab.url, key: 'key_invalid' }))
          await turnedAway(order(prompt()), 'provider_billing', contract.make({ url: lab.url, key: 'key_broke' }))
        })

      test('a model that is gone is named', async () => {
        expect(await turnedAway(order(prompt('sunset')), 'model_sunset')).toMatchObject({ field: 'model' })
      })

      if (refusesInput === 'order')
        test('a prompt that is refused is named, and costs nothing', async () => {
          const field = order('x').kind === 'speech' ? 'text' : 'prompt'
          expect(await turnedAway(order(prompt('refuse-input')), 'input_refused')).toMatchObject({
            field,
            fix: expect.stringMatching(/\w/),
          })
        })
    })

    if (!atOnce)
      describe('a take that goes wrong', () => {
        if (refusesInput === 'end')
          test('a prompt that is refused while it is made: which input, and what it has cost', async () => {
            const before = balance()
            const status = await ended((await start(order(prompt('refuse-input')))).ref)
            expect(status).toMatchObject({ state: 'failed', outcome: { class: 'refused_input' } })
            asBooked(status, before)
          })

        test('an output that is refused, with what it has cost', async () => {
          const before = balance()
          const status = await ended((await start(order(prompt('refuse-output')))).ref)
          expect(status).toMatchObject({ state: 'failed' })
          asBooked(status, before)
        })

        if (!failsLate)
          test('a failure, with what it has cost', async () => {
            const before = balance()
            const status = await ended((await start(order(prompt('fail')))).ref)
            expect(status.state).toBe('failed')
            asBooked(status, before)
          })

        test('a question that is not answered is not the end, nor is one whose caller has gone', async () => {
          const { ref } = await start(order(prompt()))
          await ended(ref)
          lab.dials.set({ 'poll-error': 1 })
          await expect(ask(ref)).rejects.toMatchObject({ code: 'provider_unavailable' })
          lab.dials.reset()
          await expect(provider.status(ref, { signal: AbortSignal.abort() })).rejects.toThrow()
          await mediaOf(ref)
        })

        test('what the vendor has forgotten is lost, not invented', async () => {
          const { ref } = await start(order(prompt('restart')))
          const status = await ended(ref)
          expect(status).toMatchObject({ state: 'lost', outcome: { class: 'lost' } })
        })

        test('cancel tells the truth, and so does the money', async ({ skip }) => {
          const { cancel } = provider
          if (cancel === undefined) return skip('the provider cannot cancel')
          const before = balance()
          lab.clock.speed = 1
          const request = order(prompt())
          const { ref } = await start(request)
          const truth = await cancel(ref)
          lab.clock.speed = 1_000
          const status = await ended(ref)
          if (truth === 'stopped') {
            expect(status).toMatchObject({ state: 'cancelled', outcome: { class: 'cancelled' } })
            asBooked(status, before)
          } else {
            expect(status.state).toBe('succeeded')
            expect(balance() - before).toBe(provider.quote(request).amountMicroUsd)
          }
          const done = (await start(order(prompt()))).ref
          await mediaOf(done)
          expect(await cancel(done)).toBe('too_late')
          expect((await fetched(await mediaOf(done))).bytes.length).toBeGreaterThan(0)
        })
      })

    describe('bytes that do not arrive', () => {
      if (atOnce)
        test('an answer that breaks off is paid for: a doubt, and never a second order', async () => {
          const entries = lab.book.entries().length
          const request = order(prompt('truncated-body'))
          await expect(start(request)).rejects.toMatchObject({ code: 'submit_unknown' })
          expect(chargesSince(entries)).toBe(provider.quote(request).amountMicroUsd > 0 ? 1 : 0)
        })

      if (!atOnce && ranges)
        test('a download that breaks is taken up where it broke', async () => {
          const output = await mediaOf((await start(order(prompt('truncated-body')))).ref)
          const got: Uint8Array[] = []
          const broken = await provider.fetch(output, { signal: never })
          await expect(
            (async () => {
              for await (const piece of broken.stream) got.push(piece)
            })(),
          ).rejects.toThrow()
          const part = Buffer.concat(got)
          expect(part.length).toBeGreaterThan(0)
          const rest = await fetched(output, part.length)
          expect(rest.fromByte).toBe(part.length)
          expect(Buffer.concat([part, rest.bytes]).equals((await fetched(output)).bytes)).toBe(true)
        })

      if (!atOnce && !withoutAddresses)
        test('an address that has expired is told as such, and asking again gives a fresh one', async () => {
          const entries = lab.book.entries().length
          const { ref } = await start(order(prompt('expiring-url')))
          await expect(fetched(await mediaOf(ref))).rejects.toMatchObject({ code: 'file_not_found' })
          expect((await fetched(await mediaOf(ref))).bytes.length).toBeGreaterThan(0)
          expect(chargesSince(entries)).toBeLessThanOrEqual(1)
        })

      if (!atOnce)
        test('a download whose caller has gone is not begun', async () => {
          const output = await mediaOf((await start(order(prompt()))).ref)
          await expect(provider.fetch(output, { signal: AbortSignal.abort() })).rejects.toThrow()
        })
    })
  })
}

/** Orders at the ends of a model's table: each size at its shortest and its longest, as far as the vendor still makes it. */
function priced(model: ModelFacts, like: GenerateRequest): GenerateRequest[] {
  if (model.kind !== like.kind || model.kind === 'keyframes' || like.kind === 'keyframes') return []
  if (model.sunset !== undefined && new Date().toISOString().slice(0, 10) > model.sunset) return []
  if (like.kind === 'speech') return [{ ...like, model: model.id, text: 'One sentence of speech.' }]
  const { durations } = model
  const lengths =
    durations === undefined
      ? [like.durationSeconds]
      : 'minSeconds' in durations
        ? [durations.minSeconds, durations.maxSeconds]
        : [Math.min(...durations), Math.max(...durations)]
  const base = { ...like, model: model.id, prompt: `the price of ${model.id}` }
  if (base.kind !== 'video') return lengths.map((durationSeconds) => ({ ...base, durationSeconds }))
  const sizes = model.sizes ?? [`${base.width}x${base.height}` as const]
  return sizes.flatMap((size) => {
    const [width = 0, height = 0] = size.split('x').map(Number)
    return lengths.map((durationSeconds) => ({ ...base, durationSeconds, width, height }))
  })
}

/** Some models, or some of their sizes, begin with a picture only. */
function withPictureIfNeeded(provider: Provider, request: GenerateRequest): GenerateRequest {
  if (request.kind !== 'video') return request
  try {
    provider.quote(request)
    return request
  } catch {
    return { ...request, imageUrl: 'https://example.com/first.png' }
  }
}
