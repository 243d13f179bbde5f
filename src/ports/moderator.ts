import type { StillFrame } from './media-tool.ts'

/** What is looked at: a text, a picture, or both together. At least one of them. */
export interface ModeratedContent {
  text?: string
  /** At a public https address that the vendor fetches, its bytes, or a frame of a video. */
  image?: { url: string } | { bytes: Uint8Array; mimeType: string } | { frame: StillFrame }
}

export type ModeratedPart = 'text' | 'image'

export interface ModerationCategory {
  /** As the vendor names it, e.g. `violence/graphic`. */
  name: string
  flagged: boolean
  /** 0 to 1, the vendor's own measure: not a probability, not comparable between vendors. `null`: not told. */
  score: number | null
  /**
   * What the vendor looked at for this category. Not every category is judged for pictures: where a part is missing here,
   * nothing is known about it, and `flagged: false` says nothing of it.
   */
  judged: readonly ModeratedPart[]
}

export interface Moderation {
  /** Whether anything is flagged: by category, or by the vendor's word for the whole. */
  flagged: boolean
  /** All that the vendor knows, the highest score first. */
  categories: ModerationCategory[]
  /** Which model judged, as it names itself. `null`: not told. */
  model: string | null
}

/**
 * Someone who judges what is asked for and what came of it. One folder each under `drivers/moderator/`.
 *
 * There is no verdict "unknown" that might pass for a clean one: a call either returns a judgement in which each part that was given
 * has been looked at, or throws.
 */
export interface Moderator {
  readonly id: string
  readonly judges: readonly ModeratedPart[]
  /**
   * Throws before anything is sent: `provider_cannot` for what it does not judge (names the `field`: `text`, `image`),
   * `address_refused`, and the reason of a signal that has been aborted. Later: `provider_unavailable`, `provider_throttled`,
   * `provider_key_invalid`, `provider_billing`, `model_sunset`, and `provider_failed` for an answer that is no judgement of all that
   * was given. May be repeated.
   */
  moderate(content: ModeratedContent, context: { signal: AbortSignal }): Promise<Moderation>
  close?(): Promise<void>
}
