import { type Production, rateAt } from './production.ts'

/** Reserve on what must be there before the start, for a rate that wavers. */
const RESERVE = 1.1

export interface GateInput {
  production: Production | null
  plannedSeconds: number
  /** Nothing more will be made. */
  complete: boolean
  /** The server's cautious guess of the time until all is made; used until a rate is measured. `null`: none. */
  remainingSeconds: number | null
  nowMs: number
}

/** `open`, or how many media seconds are missing and, if a rate is known, how long that takes. */
export type Gate = { open: true } | { open: false; missingSeconds: number; waitSeconds: number | null }

/**
 * Whether playing from the start reaches the end without waiting. With r media seconds made per second and D in all,
 * playing must begin when D (1 - r) of it is there: then the last second is made when it is needed.
 * Without a measured rate it follows from the guess: (D - there) / remaining.
 */
export function startGate(input: GateInput): Gate {
  const { production, plannedSeconds, complete, remainingSeconds, nowMs } = input
  if (complete) return { open: true }
  const there = production?.endSeconds ?? 0
  const rest = Math.max(0, plannedSeconds - there)
  const guessed = remainingSeconds === null ? null : rest / Math.max(0.001, remainingSeconds)
  const rate = (production && rateAt(production, nowMs)) ?? guessed
  if (there === 0 || rate === null) return { open: false, missingSeconds: rest, waitSeconds: null }
  const needed = Math.min(plannedSeconds, Math.max(0, plannedSeconds * (1 - rate) * RESERVE))
  if (there >= needed) return { open: true }
  const missingSeconds = needed - there
  return { open: false, missingSeconds, waitSeconds: rate > 0 ? missingSeconds / rate : null }
}
