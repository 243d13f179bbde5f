import { type Production, rateAt } from './production.ts'

/** Reserve on what must be there before the start, for a rate that wavers. */
const RESERVE = 1.1
/** Three segments, as far as live players stay behind the edge (RFC 8216bis, section 4.4.3.8): one shot tells nothing of the pause behind it. */
const HOLD_BACK_SECONDS = 6

export interface GateInput {
  production: Production | null
  plannedSeconds: number
  /** Where playing would begin. */
  positionSeconds: number
  /** Nothing more will be made. */
  complete: boolean
  /** The server's guess of the time until all is made. `null`: none. */
  remaining: { p50Seconds: number; p90Seconds: number; basis: 'quote' | 'history' } | null
  nowMs: number
}

/** `open`, or how many media seconds are missing and, if a rate is known, how long that takes. */
export type Gate = { open: true } | { open: false; missingSeconds: number; waitSeconds: number | null }

/**
 * Whether playing from a position reaches the end without waiting. With r media seconds made per second and D left to
 * play, D (1 - r) of it must be there: then the last second is made when it is needed. However fast it is made, what is
 * there must last over the next pause between two shots.
 */
export function startGate(input: GateInput): Gate {
  const { production, plannedSeconds, positionSeconds, complete } = input
  if (complete) return { open: true }
  const end = production?.endSeconds ?? 0
  const there = Math.max(0, end - positionSeconds)
  const rest = Math.max(0, plannedSeconds - end)
  const rate = careful(input, rest)
  if (there === 0 || rate === null) return { open: false, missingSeconds: rest, waitSeconds: null }
  const left = Math.max(0, plannedSeconds - positionSeconds)
  const pause = Math.max(HOLD_BACK_SECONDS, production?.longestPauseSeconds ?? 0)
  const needed = Math.min(left, Math.max(pause, left * (1 - rate) * RESERVE))
  if (there >= needed) return { open: true }
  const missingSeconds = needed - there
  return { open: false, missingSeconds, waitSeconds: rate > 0 ? missingSeconds / rate : null }
}

/**
 * The lower of the rate measured and the one that follows from the server's median guess: segments come in bursts, and
 * the next part may take longer than the last. Before anything is measured only a guess that rests on past jobs counts,
 * and then its cautious end; a quoted one knows nothing of how busy the server is.
 */
function careful({ production, remaining, nowMs }: GateInput, rest: number): number | null {
  const measured = production && rateAt(production, nowMs)
  if (!remaining) return measured
  if (measured === null) return remaining.basis === 'history' ? rest / Math.max(0.001, remaining.p90Seconds) : null
  return Math.min(measured, rest / Math.max(0.001, remaining.p50Seconds))
}
