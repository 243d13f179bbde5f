import type { GenerateRequest } from './generate.ts'
import type { JobId, TakeId } from './ids.ts'
import type { Outcome } from './outcome.ts'
import type { TakeKey, TakeRole } from './plan.ts'
import type { RepairCause } from './repair.ts'

/** JSON a provider needs to find its work again after a restart. Opaque to everyone else; holds no secret. */
export type RemoteRef = { readonly [key: string]: unknown }

/** Something the provider made, as the provider names it. `media` is the take itself. */
export interface TakeOutput {
  role: 'media' | 'timings' | 'still'
  mimeType: string
  /** Opaque locator, understood by `Provider.fetch` alone. */
  locator: string
  sizeBytes?: number
}

/** Outputs of a take that ended before they were used. Each is in our keeping or, larger than allowed, still at the provider. */
export interface Late {
  ref: RemoteRef
  outputs: TakeOutput[]
}

/** An output in our own keeping. */
export interface Master {
  role: TakeOutput['role']
  objectKey: string
  mimeType: string
  sizeBytes: number
  sha256: string
  /** Measured, not promised. `null` where it does not apply. */
  durationSeconds: number | null
  /** The sound of a `media` master, decoded once, and the gain that brings it to the loudness of its role. */
  stem?: { objectKey: string; durationSeconds: number; gainDb: number }
  /** What of a `media` master is used, in seconds of it; the rest was cut off. Absent: all. */
  use?: { startSeconds: number; endSeconds: number }
  /** What a `timings` master says, or what was heard of a `media` master by who held it against its script. */
  cues?: Cue[]
}

/** When a word or sentence is heard, in seconds from the start of the speech. */
export interface Cue {
  startSeconds: number
  endSeconds: number
  text: string
}

/**
 * A take is one attempt by one provider.
 *
 * - `planned`: written, nothing sent. → `ordering`, `failed`, `cancelled`
 * - `ordering`: the intent is committed; the one paid POST may be on its way. A crash here leaves it `submit_unknown`
 *   for a remote provider; one whose orders die with the process (`volatile`) is ordered anew. Back to `planned` only when
 *   the order was certainly not taken. → `planned`, `making`, `submit_unknown`, `failed`
 * - `submit_unknown`: the order may or may not have been taken. Never posted again blindly: the provider is asked for it,
 *   a webhook may name it, or somebody decides. → `submit_unknown`, `making`, `failed`
 * - `making`: the remote reference is saved; only `status` is asked from here on. → `delivered`, `failed`, `cancelled`
 * - `delivered`: the provider is done and, if it charges, paid. Only the download is retried. → `accepted`, `mending`, `rejected`, `failed`
 * - `mending`: masters are in our keeping; some sentences are spoken again by takes of their own and will be put in their places.
 *   → `accepted`, `rejected`
 * - `accepted`: masters are in the object store, hashed and measured. → `accepted` (an edge was cut off), `rejected` (the gate found it wanting)
 * - `rejected`, `failed`, `cancelled`: the end.
 */
export type TakeState =
  /** `unreached`: times its provider could not be reached with the order. */
  | { state: 'planned'; unreached?: number }
  | { state: 'ordering'; orderedAt: string }
  | { state: 'submit_unknown'; orderedAt: string; decision: OrderDecision | null }
  /** `pictureSeq`: of the last picture of it that was shown, as its provider counts them. */
  | { state: 'making'; ref: RemoteRef; progress: number | null; pictureSeq?: number }
  | { state: 'delivered'; ref: RemoteRef; outputs: TakeOutput[] }
  | { state: 'mending'; masters: Master[] }
  | { state: 'accepted'; masters: Master[] }
  | { state: 'rejected'; masters: Master[]; outcome: Outcome }
  | { state: 'failed'; outcome: Outcome }
  /** `late`: it was made all the same, and paid: a retry of the job begins with its outputs. */
  | { state: 'cancelled'; outcome: Outcome; late?: Late }

/**
 * What somebody says of an order that Sluice cannot find, having looked at the provider or not:
 *
 * - `adopt`: it was taken, under this id there. It is followed as if its answer had come.
 * - `not-taken`: the provider does not have it. It has cost nothing and is ordered again.
 * - `order-again`: nobody knows. It counts as paid and is ordered again, at the risk of paying twice.
 * - `give-up`: nobody knows. It counts as paid and the job fails.
 */
export type OrderDecision = { decision: 'adopt'; remoteId: string } | { decision: 'not-taken' | 'order-again' | 'give-up' }

export interface Take {
  id: TakeId
  jobId: JobId
  key: TakeKey
  role: TakeRole
  shot: number | null
  /** 1 for the first attempt at this key. */
  number: number
  provider: string
  request: GenerateRequest
  rank: number
  state: TakeState
  /** What it shall mend. `null`: it is the plan's own. */
  cause: RepairCause | null
  createdAt: Date
}

const legal: Record<TakeState['state'], TakeState['state'][]> = {
  planned: ['ordering', 'failed', 'cancelled'],
  ordering: ['ordering', 'planned', 'making', 'submit_unknown', 'failed', 'cancelled'],
  submit_unknown: ['submit_unknown', 'making', 'failed', 'cancelled'],
  making: ['making', 'delivered', 'failed', 'cancelled'],
  delivered: ['accepted', 'mending', 'rejected', 'failed', 'cancelled'],
  mending: ['accepted', 'rejected'],
  accepted: ['accepted', 'rejected'],
  rejected: [],
  failed: [],
  cancelled: [],
}

/** The only writer of a take's state. */
export function setTakeState(take: Take, to: TakeState): Take {
  if (!legal[take.state.state].includes(to.state)) {
    throw new Error(`take ${take.id}: ${take.state.state} cannot become ${to.state}`)
  }
  return { ...take, state: to }
}

/** Whether nothing more will happen to it. */
export function takeEnded(take: Take): boolean {
  return legal[take.state.state].length === 0
}

export function mastersOf(take: Take): Master[] {
  const { state } = take
  return state.state === 'accepted' || state.state === 'mending' || state.state === 'rejected' ? state.masters : []
}

/** Whether it has a place at its provider's account: it was ordered, or may have been, and is not made yet. */
export function isInFlight({ state: { state } }: Take): boolean {
  return state === 'ordering' || state === 'submit_unknown' || state === 'making'
}
