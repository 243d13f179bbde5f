import type { Scene } from '../domain/generate.ts'

export interface PresentationBrief {
  text: string
  durationSeconds: number
  seed: number
}

export interface PlannedScene {
  title: string
  /** What is spoken, whole sentences of the text. */
  narration: string
  estimatedSeconds: number
  scene: Scene
}

export interface PresentationPlan {
  title: string
  scenes: PlannedScene[]
  /** A mood for the music bed, from the text. */
  music: string
}

/** Turns a text into a presentation: same brief, same plan. Throws `request_invalid` when there is nothing to tell. */
export interface Planner {
  plan(brief: PresentationBrief): PresentationPlan
}
