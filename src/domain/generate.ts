/** An order to a provider: one take of one thing. All lengths in seconds; `model` as the provider names it, absent for its first. */
export type GenerateRequest =
  | { kind: 'speech'; text: string; voice: string; seed: number; model?: string }
  | { kind: 'music'; prompt: string; durationSeconds: number; seed: number; model?: string }
  | { kind: 'sound'; prompt: string; durationSeconds: number; seed: number; model?: string }
  | {
      kind: 'video'
      model?: string
      prompt: string
      /** A picture to begin with, at a public https address. */
      imageUrl?: string
      durationSeconds: number
      width: number
      height: number
      fps: number
      seed: number
      /** A drawn scene of a presentation, for providers that declare `scenes`. */
      scene?: Scene
    }
  /** One still per scene, as JPEG, in the order given. */
  | { kind: 'keyframes'; scenes: Scene[]; width: number; height: number; seed: number }

export type GenerateKind = GenerateRequest['kind']

/** A figure found in the text. `display` is as the text wrote it, e.g. `$4.2 billion`. */
export interface Figure {
  value: number
  unit: string
  display: string
  label: string
}

/** What a presentation scene shows. Plain data, so it can be stored, hashed and drawn again to the same pixels. */
export interface Scene {
  layout: 'title' | 'statement' | 'bullets' | 'bars' | 'figure' | 'closing'
  headline: string
  /** Short lines shown one after the other. */
  lines: string[]
  figures: Figure[]
  /** Position in the presentation, for colour and page marks. */
  index: number
  count: number
  /** Hue of the palette, 0 to 359. The same for all scenes of one presentation. */
  hue: number
}
