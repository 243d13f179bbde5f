import type { GenerateKind, GenerateRequest } from '../domain/generate.ts'
import type { TakeId } from '../domain/ids.ts'
import type { Quote } from '../domain/money.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { RemoteRef, TakeOutput } from '../domain/take.ts'

/** Declared facts. What is absent is not supported. */
export interface Capabilities {
  kinds: readonly GenerateKind[]
  /** Draws `Scene`s of a presentation. */
  scenes?: boolean
  /** Honours `seed`. */
  seed?: boolean
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
}

export interface TakePreview {
  kind: 'image'
  mimeType: 'image/jpeg'
  bytes: Uint8Array
  alt: string
  /** Grows with each new picture of the take. */
  seq: number
}

export type TakeStatus =
  | { state: 'queued' }
  | { state: 'running'; progress: number | null; preview?: TakePreview }
  | { state: 'succeeded'; outputs: TakeOutput[]; preview?: TakePreview }
  | { state: 'failed' | 'cancelled' | 'expired' | 'lost'; outcome: Outcome }

/** How an order to stop ended. `too_late`: it is done or cannot be stopped, and will cost what it costs. */
export type CancelTruth = 'stopped' | 'too_late' | 'unknown'

/** Someone who makes takes. One folder each under `drivers/provider/`. */
export interface Provider {
  readonly id: string
  readonly capabilities: Capabilities
  /** Before anything is sent. Throws `provider_cannot`, `script_not_speakable` or `input_refused` for what it will not make. */
  quote(request: GenerateRequest): Quote
  /** Exactly one paid POST. */
  start(request: GenerateRequest, context: StartContext): Promise<RemoteRef>
  /** Read only and repeatable. */
  status(ref: RemoteRef, context: { signal: AbortSignal }): Promise<TakeStatus>
  fetch(output: TakeOutput, context: { signal: AbortSignal }): Promise<AsyncIterable<Uint8Array>>
  cancel?(ref: RemoteRef): Promise<CancelTruth>
  /** Forget what is kept of a take that has been ingested or has ended. Safe to repeat. */
  release?(ref: RemoteRef): Promise<void>
  close?(): Promise<void>
}
