import type { GenerateRequest } from './generate.ts'

/** What a take makes for the plan. */
export type TakeRole = 'keyframes' | 'speech' | 'music' | 'sound' | 'clip'

/** `speech:3` is the narration of shot 3; `music` concerns the whole timeline. */
export type TakeKey = string

export function takeKey(role: TakeRole, shot: number | null): TakeKey {
  return shot === null ? role : `${role}:${shot}`
}

/** One take the plan calls for. It is ordered once every key in `needs` has an accepted take. */
export interface PlannedTake {
  key: TakeKey
  role: TakeRole
  /** Index of the shot it belongs to; `null` for the whole timeline. */
  shot: number | null
  needs: TakeKey[]
  provider: string
  /** The order to the provider. A clip's `durationSeconds` is an estimate until its speech is there. */
  request: GenerateRequest
  /** Who is asked instead, in order, when the one before could not and charged nothing. */
  instead?: { provider: string; request: GenerateRequest }[]
  /** Lower goes first at the provider. */
  rank: number
}

/** A part of the timeline made by its own takes. Shots follow each other without a gap. */
export interface Shot {
  index: number
  title: string
  /** The words spoken in it; empty for a silent shot. */
  narration: string
  estimatedSeconds: number
  /** Silence before and after the narration inside the shot, in seconds. */
  leadSeconds: number
  tailSeconds: number
}

/** What will be made. Written once by `analyse`, never changed. */
export interface Plan {
  title: string
  /** Empty for audio kinds, whose single take is the whole timeline. */
  shots: Shot[]
  takes: PlannedTake[]
  /** Length of the result. */
  estimatedSeconds: number
  /** Wall time the providers quoted for the making, in seconds. */
  quotedSeconds: number
  /** What is made in a draft form or differs from the wish, for a person. */
  notes: string[]
}
