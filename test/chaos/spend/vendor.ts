import { SluiceError } from '../../../src/domain/errors.ts'
import type { TakeId } from '../../../src/domain/ids.ts'
import type { Provider, TakeStatus } from '../../../src/ports/provider.ts'

/** How an order whose answer was lost can be found again there. */
export type Reconcile = 'list' | 'webhook' | 'none'

export interface VendorOptions {
  id: string
  reconcile: Reconcile
  nowMs: () => number
  random: () => number
  /** Brings a message to the house at that time; the vendor tries again when it is not taken. */
  send: (atMs: number, message: { takeId: TakeId; remoteId: string; dedupeKey: string }) => void
}

export interface Sale {
  takeId: TakeId
  remoteId: string
  orderedAtMs: number
  endsAtMs: number
  end: 'made' | 'failed-free' | 'failed-paid'
  amountMicroUsd: number
}

/** What the vendor took: its own book, that ours is held against. */
export interface Vendor {
  provider: Provider
  /** All orders ever taken, by take. More than one of a take is what must never be. */
  sales: Map<TakeId, Sale[]>
  /** What it finally charged for a take. */
  charged(takeId: TakeId): number
  forget(takeId: TakeId): void
}

const PRICES = [10_000, 250_000, 600_000, 1_234_567]
const OUTPUT_BYTES = 1_000

/** A vendor with every fault of the way there and back that a customer has to live with, at far higher rates than in the field. */
export function createVendor({ id, reconcile, nowMs, random, send }: VendorOptions): Vendor {
  const sales = new Map<TakeId, Sale[]>()
  const byRemoteId = new Map<string, Sale>()
  let counter = 0
  const happens = (chance: number) => random() < chance
  const priceOf = (seed: number): number => PRICES[seed % PRICES.length] ?? 0
  const saleOf = (remoteId: unknown): Sale | undefined => byRemoteId.get(String(remoteId))

  function take(takeId: TakeId, seed: number): Sale {
    const now = nowMs()
    const fate = random()
    const sale: Sale = {
      takeId,
      remoteId: `${id}-${++counter}`,
      orderedAtMs: now,
      endsAtMs: now + 1_000 + random() * 120_000,
      end: fate < 0.9 ? 'made' : fate < 0.95 ? 'failed-free' : 'failed-paid',
      amountMicroUsd: priceOf(seed),
    }
    sales.set(takeId, [...(sales.get(takeId) ?? []), sale])
    byRemoteId.set(sale.remoteId, sale)
    // Early (before our own answer), late, doubled, or never.
    const message = { takeId, remoteId: sale.remoteId, dedupeKey: sale.remoteId }
    if (reconcile === 'webhook' && !happens(0.2)) {
      send(happens(0.2) ? now : sale.endsAtMs + random() * 60_000, message)
      if (happens(0.3)) send(sale.endsAtMs + random() * 90_000, message)
    }
    return sale
  }

  const unavailable = (what: string) => new SluiceError('provider_unavailable', what)
  const provider: Provider = {
    id,
    capabilities: {
      kinds: ['sound'],
      ...(reconcile !== 'none' && { reconcile }),
      ...(reconcile === 'webhook' && { webhook: 'per-order' as const }),
    },
    quote: (request) => ({ amountMicroUsd: priceOf(request.seed), seconds: 60, basis: 'simulated:2026-11-23' }),

    async start(request, { takeId }) {
      if (happens(0.03)) throw unavailable('no connection')
      if (happens(0.05)) throw new SluiceError('provider_throttled', 'slow down', happens(0.5) ? { retryAfterMs: 2_000 } : {})
      if (happens(0.01)) throw new SluiceError('input_refused', 'not this')
      // It may have come to nothing, which the sender cannot know.
      if (happens(0.03)) throw new SluiceError('submit_unknown', 'no answer')
      const sale = take(takeId, request.seed)
      if (happens(0.05)) throw new SluiceError('submit_unknown', 'the answer was lost')
      return { id: sale.remoteId }
    },

    async status(ref) {
      if (happens(0.05)) throw unavailable('no connection')
      const sale = saleOf(ref['id'])
      if (!sale) return ended('lost', 'it is not known there', 0, false)
      if (nowMs() < sale.endsAtMs) return happens(0.3) ? { state: 'queued' } : { state: 'running', progress: null }
      if (sale.end === 'failed-free') return ended('failed', 'it failed and was refunded', 0, true)
      if (sale.end === 'failed-paid') return ended('failed', 'it failed all the same', sale.amountMicroUsd, true)
      return {
        state: 'succeeded',
        outputs: [
          { role: 'media', mimeType: 'audio/wav', locator: `${sale.remoteId}/${Math.floor(nowMs() / 3_600_000)}`, sizeBytes: OUTPUT_BYTES },
        ],
        charge: { amountMicroUsd: sale.amountMicroUsd, basis: 'vendor' },
      }
    },

    adopt: (id) => ({ id }),

    async fetch({ locator }, { fromByte = 0 }) {
      if (happens(0.05)) throw unavailable('no connection')
      const [, hour] = locator.split('/')
      if (Number(hour) !== Math.floor(nowMs() / 3_600_000) || happens(0.05))
        throw new SluiceError('file_not_found', 'the address has expired')
      const cut = happens(0.2) ? fromByte + Math.floor(random() * (OUTPUT_BYTES - fromByte)) : OUTPUT_BYTES
      return { stream: bytes(fromByte, cut), fromByte, sizeBytes: OUTPUT_BYTES }
    },

    ...(reconcile === 'list' && {
      async reconcile({ takeId }) {
        if (happens(0.1)) throw unavailable('no connection')
        const [sale] = sales.get(takeId) ?? []
        return sale ? { id: sale.remoteId } : ('absent' as const)
      },
    }),

    ...(reconcile === 'webhook' && {
      async webhook(_headers, rawBody) {
        const { remoteId, dedupeKey } = JSON.parse(Buffer.from(rawBody).toString()) as { remoteId: string; dedupeKey: string }
        return { dedupeKey, ref: { id: remoteId } }
      },
    }),
  }

  return {
    provider,
    sales,
    charged(takeId) {
      return (sales.get(takeId) ?? []).reduce((sum, sale) => sum + (sale.end === 'failed-free' ? 0 : sale.amountMicroUsd), 0)
    },
    forget(takeId) {
      for (const { remoteId } of sales.get(takeId) ?? []) byRemoteId.delete(remoteId)
      sales.delete(takeId)
    },
  }
}

async function* bytes(from: number, to: number): AsyncGenerator<Uint8Array> {
  const middle = from + Math.floor((to - from) / 2)
  yield new Uint8Array(middle - from)
  yield new Uint8Array(to - middle)
}

function ended(state: 'failed' | 'lost', detail: string, amountMicroUsd: number, told: boolean): TakeStatus {
  const money = told && amountMicroUsd > 0 ? { charged: 'yes' as const, amountMicroUsd } : { charged: 'no' as const }
  return { state, outcome: { class: state === 'lost' ? 'lost' : 'transient', detail, retry: 'reseed', ...money } }
}
