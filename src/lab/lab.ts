import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Book } from './book.ts'
import type { Dials, Faults } from './dials.ts'
import type { Heard } from './media/hearing.ts'
import type { Made, Maker, MediaSpec } from './media/maker.ts'

/**
 * A vendor's API as its documentation and its SDK describe it, below `/<id>`: the base URL of an official SDK is
 * `http://127.0.0.1:<port>/<id>`. Routes are registered without that prefix.
 */
export interface LabVendor {
  id: string
  routes(app: FastifyInstance, lab: Lab): void | Promise<void>
  /** How the vendor's SDK is pointed here, for `sluice lab`. */
  usage?(baseUrl: string): string
}

/** What a vendor's routes work with. Each vendor sees its own works and files. */
export interface Lab {
  readonly vendor: string
  /** Base URL of this vendor, known once the lab listens. */
  url(path?: string): string
  /**
   * An order: draws what goes wrong with it, refuses it, or takes it, charges for it and makes it. Refusals are answered by
   * the vendor in its own words. Cut connections are seen to: `reset-before` never returns, and after `lost-reply` whatever the
   * route answers is not sent. `webhook-early` returns only when the work has ended and its `onChange` has settled.
   */
  take(request: FastifyRequest, order: Order): Promise<Taken>
  readonly works: Works
  readonly book: Book
  readonly dials: Dials
  readonly files: Files
  readonly webhooks: Webhooks
  readonly clock: LabClock
  readonly maker: Maker
  /** What a recording says, if this lab said it: for the transcriptions of vendors. */
  hear(recording: Uint8Array): Promise<Heard>
}

export interface Order {
  /** Where markers are looked for, e.g. `[lab:zombie]`. The text of speech as well. */
  prompt: string
  /** What is made: one output each. */
  outputs: readonly MediaSpec[]
  amountMicroUsd: number
  /** When the vendor books the charge. Default `accept`. */
  charged?: 'accept' | 'done'
  /** Ends for which an `accept` charge is given back. Default none. */
  refunds?: readonly ('failed' | 'refused' | 'cancelled')[]
  /** `end`: this vendor judges prompts while it works; the work then ends as `failed` with fault `refuse-input`. Default `submit`. */
  inputRefusal?: 'submit' | 'end'
  /** As the vendor writes ids. Default: a UUID. */
  id?: string
  /** Seconds of lab time; default 2 and 20. 0 and 0 for a vendor that answers with the bytes. */
  queueSeconds?: number
  runSeconds?: number
  /** Kept for the vendor's answers: its own request, names, addresses for webhooks. */
  data?: Record<string, unknown>
  /** Called after each change of state, e.g. to send a webhook. */
  onChange?(work: Work): void | Promise<void>
}

export type Taken = { work: Work } | { refused: Refusal; retryAfterSeconds?: number; detail?: string }

/** `throttle` without `retryAfterSeconds` carries no Retry-After. `detail` is what follows the `=` of the marker. */
export type Refusal = 'throttle' | 'server-error' | 'refuse-input' | 'sunset'

export type WorkState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

/** A generation in the making: `queued`, `running` with progress, then `done` with real media, `failed` or `cancelled`. */
export interface Work {
  readonly id: string
  readonly vendor: string
  readonly state: WorkState
  /** 0 to 1. */
  readonly progress: number
  readonly prompt: string
  readonly faults: Faults
  /** Why it failed. `detail` as in {@link Faults.detail}. */
  readonly failure: { reason: 'fail' | 'refuse-input' | 'refuse-output'; detail?: string } | null
  /** Once it is done. */
  readonly outputs: readonly Output[]
  readonly ordered: readonly MediaSpec[]
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly amountMicroUsd: number
  /** The vendor's own. */
  readonly data: Record<string, unknown>
  /** Resolves at the end, whatever it is. Never for a zombie. */
  readonly ended: Promise<void>
}

export interface Output extends Made {
  readonly id: string
  readonly work: Work
  readonly index: number
  readonly spec: MediaSpec
}

export interface Works {
  /** `undefined` for what was never taken, was deleted, or was forgotten at a restart. */
  get(id: string): Work | undefined
  /** The newest first. */
  list(): Work[]
  /** Stops a queued or running work. Returns false when it had ended. */
  cancel(id: string): boolean
  delete(id: string): boolean
}

export interface Files {
  /** A full address of an output, below `/<vendor>/files/`. Each call gives a fresh one. `ttlSeconds` on the lab's calendar. */
  url(output: Output, options?: { ttlSeconds?: number; name?: string }): string
  /** Answers with an output: ranges, HEAD, and what the faults of its work do to a download. */
  send(request: FastifyRequest, reply: FastifyReply, output: Output): FastifyReply
  /** Answers with an output in chunks without a declared length, as synchronous vendors do. `truncated-body` cuts it in the middle. */
  stream(reply: FastifyReply, output: Output): FastifyReply
}

/** One attempt to deliver a webhook. */
export interface WebhookAttempt {
  /** The same for each delivery of one message. */
  id: string
  timestampSeconds: number
}

export interface Webhooks {
  /** Where webhooks of the account go, for vendors that take no address with the order: set with `PUT /lab/webhooks`. */
  readonly target: string | undefined
  /**
   * Delivers a message about a work, by its dials: twice, late, never, forged or stale ones before it. `message` writes the body and
   * signs it. Delivered up to three times until a 2xx. Resolves when it is delivered or given up.
   */
  send(work: Work, url: string, message: (attempt: WebhookAttempt) => { body: string; headers: Record<string, string> }): Promise<void>
}

export interface LabClock {
  /** The lab's calendar: the machine's clock, and what it was moved on by `PUT /lab/clock`. */
  now(): Date
  /** Resolves after these seconds of lab time, divided by the speed. */
  wait(seconds: number, signal?: AbortSignal): Promise<void>
  speed: number
  /** Moves the calendar on, e.g. past the life of an address. Works are not hurried. */
  advance(seconds: number): void
}
