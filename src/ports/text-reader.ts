import type { StillFrame } from './media-tool.ts'

/** A line of text seen in a picture. */
export interface SeenText {
  text: string
  /** 0 to 1. */
  confidence: number
}

/** Reads what is written in a picture. Throws when it cannot look; an empty list means that nothing is written there. */
export interface TextReader {
  readonly id: string
  read(frame: StillFrame, context: { signal: AbortSignal }): Promise<SeenText[]>
  close?(): Promise<void>
}
