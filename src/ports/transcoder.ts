import type { FinishOrder } from './media-tool.ts'

/** Some segments of a stretch, one behind the other, for an encoder that is not on this machine. */
export interface ChunkOrder
  extends Pick<FinishOrder, 'startSeconds' | 'durationSeconds' | 'firstSegment' | 'final' | 'segmentSeconds' | 'rungs'> {
  picture: { width: number; height: number; fps: number; fromSeconds: number }
  /** Which segments of the stretch, counted from its first; `to` is the one after the last. */
  segments: { from: number; to: number }
  /** The coded sound of these segments: bare AAC LC frames, for each rate of the rungs. Empty: no sound track. */
  sound: { bitsPerSecond: number; frames: Uint8Array[] }[]
  stored: StoredElsewhere
}

/** Where an encoder that is not on this machine finds the clip, and puts what it made. */
export interface StoredElsewhere {
  clip: { objectKey: string; sha256: string }
  /** Stands before every key that is written; ends with a slash. */
  prefix: string
}

/** The init segment of a rung. */
export interface RungInit {
  name: string
  bytes: Uint8Array
  codecs: string
}

/** A segment of one rung in the object store. */
export interface StoredSegment {
  /** Of the rung. */
  name: string
  objectKey: string
  sizeBytes: number
  sha256: string
}

export interface EncodedChunk {
  inits: RungInit[]
  /** In order; every rung of each. */
  segments: { index: number; rungs: StoredSegment[] }[]
}

/** Encodes chunks on machines that are not ours to keep. */
export interface Transcoder {
  /**
   * Encodes a chunk and stores its segments; nobody is shown them before they are listed. Waits for its turn, tries again what
   * may pass, and asks for nothing more once the signal fires. A chunk that was encoded before is not encoded again.
   *
   * Throws what kept the encoder from it (`media_unreadable`, `storage_unavailable`, ...), `media_tool_failed` when it broke down,
   * `transcoder_unavailable` when it was not reached, or the signal's reason.
   */
  encode(order: ChunkOrder, signal: AbortSignal): Promise<EncodedChunk>
}
