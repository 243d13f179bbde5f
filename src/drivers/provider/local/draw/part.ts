import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Palette } from './palette.ts'
import type { Box, Stage } from './stage.ts'

/** A moment of a scene. */
export interface Moment {
  seconds: number
  durationSeconds: number
}

/** Something drawn in a scene. When it has settled it stays inside its box, and boxes of one scene do not overlap. */
export interface Part {
  name: string
  box: Box
  /** May lie under others: ornaments. */
  ornament?: boolean
  draw(context: SKRSContext2D, moment: Moment): void
}

/** What a layout has to work with. */
export interface Sheet {
  stage: Stage
  palette: Palette
  durationSeconds: number
}

/** The stretch in which what is said is shown: after the lead, before the exit. */
export function spoken(durationSeconds: number): { start: number; length: number } {
  const start = Math.min(0.3, durationSeconds * 0.1)
  return { start, length: Math.max(0.3, durationSeconds - start - 0.9) }
}
