import type { GenerateKind, GenerateRequest } from '../domain/generate.ts'
import type { TakeId } from '../domain/ids.ts'
import type { MicroUsd, Quote } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { RemoteRef, TakeOutput } from '../domain/take.ts'

/** What a model costs, from the vendor's list on a day. */
export interface Price {
  per: 'second' | 'character' | 'take'
  amountMicroUsd: MicroUsd
  /** ISO date of the list. */
  asOf: string
  /** Where it was read. */
  source: string
}

/** What a vendor's model takes and costs. What is absent is not limited, or not known. */
export interface ModelFacts {
  /** As the vendor names it. */
  id: string
  kind: GenerateKind
  /** Lengths in seconds: each that it makes, or a range. */
  durations?: readonly number[] | { minSeconds: number; maxSeconds: number; stepSeconds: number }
  sizes?: readonly `${number}x${number}`[]
  maxCharacters?: number
  /** Honours `seed`. */
  seed?: boolean
  /** Takes `imageUrl`. */
  image?: boolean
  price: Price
  /** ISO date after which it no longer answers. */
  sunset?: string
}

/** Declared facts. What is absent is not supported. */
export interface Capabilities {
  kinds: readonly GenerateKind[]
  /** The first of a kind is its default. Absent for a provider whose models have no names. */
  models?: readonly ModelFacts[]
  /** Draws `Scene`s of a presentation. */
  scenes?: boolean
  /** Honours `seed`. */
  seed?: boolean
  /** Tells of an end by itself: to an address given with the order, or to one set up in the vendor's account. */
  webhook?: 'per-order' | 'per-account'
  /** How an order whose answer was lost is found again. Absent: not at all. */
  reconcile?: 'list' | 'webhook'
  /** What a user must know before choosing it, e.g. that its API is not official. */
  caution?: string
  /**
   * It lives in this process and its orders with it: nothing is charged, after a crash they are simply ordered anew, and
   * only the process that ordered can ask. Its steps run in the lane `resident`.
   */
  volatile?: boolean
  /** Voices for `speech`, the default first. */
  voices?: readonly { id: string; label: string; language: string }[]
  /** Milliseconds between two questions for status. Default 5,000. */
  pollMs?: number
}

export interface StartContext {
  takeId: TakeId
  signal: AbortSignal
  /** Lower goes first, where the provider has a queue of its own. */
  rank: number
  /** Called by a provider in this process when its status has changed. A hint, like a webhook. */
  hint: () => void
  /** Where the vendor may tell of the end; names the take. Absent when this server cannot be reached from outside. */
  webhookUrl?: string
  /**
   * Keeps bytes that came with the answer to the order, for a vendor that has no job to ask for later. What it returns
   * goes into the reference; `fetch` is never asked for it.
   */
  keep(output: { role: TakeOutput['role']; mimeType: string }, bytes: AsyncIterable<Uint8Array>): Promise<TakeOutput>
}

export interface TakePreview {
  kind: 'image'
  mimeType: 'image/jpeg'
  bytes: Uint8Array
  alt: string
  /** Grows with each new picture of the take. */
  seq: number
}

/** What the vendor took for a take, and how we know. */
export interface Charge {
  amountMicroUsd: MicroUsd
  /** `vendor`: its own figure. `price-list`: ours, because it tells none. */
  basis: 'vendor' | 'price-list'
}

export type TakeStatus =
  | { state: 'queued'; retryAfterMs?: number }
  | { state: 'throttled'; retryAfterMs?: number }
  | { state: 'running'; progress: number | null; preview?: TakePreview; retryAfterMs?: number }
  | { state: 'succeeded'; outputs: TakeOutput[]; preview?: TakePreview; charge?: Charge }
  | { state: 'failed' | 'cancelled' | 'expired' | 'lost'; outcome: Outcome }

/** An order as it was written down before it was sent. */
export interface Intent {
  takeId: TakeId
  request: GenerateRequest
  orderedAt: Date
}

/** Bytes of an output from `fromByte` on. */
export interface TakeBody {
  stream: AsyncIterable<Uint8Array>
  /** Where the stream begins: what was asked for, or 0 from a server without ranges. */
  fromByte: number
  /** Of the whole output. `null`: not told. */
  sizeBytes: number | null
}

/** What a verified webhook says: only that it is time to ask. */
export interface WebhookHint {
  /** The same for each delivery of one message. */
  dedupeKey: string
  /** The reference of the order it is about, as `start` would have returned it. */
  ref: RemoteRef
}

/** How an order to stop ended. `too_late`: it is done or cannot be stopped, and will cost what it costs. */
export type CancelTruth = 'stopped' | 'too_late' | 'unknown'

/** Someone who makes takes. One folder each under `drivers/provider/`. */
export interface Provider {
  readonly id: string
  readonly capabilities: Capabilities
  /** Before anything is sent. Throws `provider_cannot`, `script_not_speakable` or `input_refused` for what it will not make. */
  quote(request: GenerateRequest): Quote
  /**
   * Exactly one paid POST. Throws `provider_unavailable` or `provider_throttled` when the order was certainly not taken,
   * `submit_unknown` when it may have been, and the vendor's refusal as `input_refused`, `provider_key_invalid`,
   * `provider_billing` or `model_sunset`.
   */
  start(request: GenerateRequest, context: StartContext): Promise<RemoteRef>
  /** Read only and repeatable. A fault of the way there is thrown, never told as the end of the take. */
  status(ref: RemoteRef, context: { signal: AbortSignal }): Promise<TakeStatus>
  /** Throws `file_not_found` when the address has expired: `status` gives a fresh one. */
  fetch(output: TakeOutput, context: { signal: AbortSignal; fromByte?: number }): Promise<TakeBody>
  cancel?(ref: RemoteRef): Promise<CancelTruth>
  /** Looks for an order whose answer was lost. `absent`: certainly not taken. */
  reconcile?(intent: Intent, context: { signal: AbortSignal }): Promise<RemoteRef | 'absent' | 'unknown'>
  /**
   * The reference of an order that somebody has found at the vendor, by the id it is shown under there, as `start` would have
   * returned it. `null`: such an order cannot be followed, because its answer was the output itself. Absent: none can.
   */
  adopt?(remoteId: string, request: GenerateRequest): RemoteRef | null
  /** Verifies a webhook. Throws `webhook_invalid`. */
  webhook?(headers: Readonly<Record<string, string | undefined>>, rawBody: Uint8Array): Promise<WebhookHint>
  /** Forget what is kept of a take that has been ingested or has ended. Safe to repeat. */
  release?(ref: RemoteRef): Promise<void>
  close?(): Promise<void>
}
