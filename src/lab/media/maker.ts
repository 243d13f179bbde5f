/** How sound is written. `pcm` is 16 bit little-endian mono without a header. */
export type AudioFormat = 'mp3' | 'wav' | 'opus' | 'aac' | 'flac' | 'pcm' | 'ulaw' | 'alaw'

/** Something to make. The same spec gives the same bytes. */
export type MediaSpec =
  | {
      kind: 'video'
      durationSeconds: number
      width: number
      height: number
      /** Default 24. */
      fps?: number
      /** With a tone. Default true. */
      sound?: boolean
      seed?: number
      /** An unordered cut to another picture here. */
      cutAtSeconds?: number
    }
  | { kind: 'speech'; text: string; voice?: string; format: AudioFormat; sampleRate?: number; bitsPerSecond?: number }
  | {
      kind: 'music' | 'sound'
      prompt: string
      durationSeconds: number
      format: AudioFormat
      sampleRate?: number
      bitsPerSecond?: number
      seed?: number
    }
  | { kind: 'image'; width: number; height: number; format: 'jpeg' | 'png' | 'webp'; seed?: number }

export interface WordTime {
  text: string
  startSeconds: number
  endSeconds: number
}

export interface Made {
  bytes: Uint8Array
  mimeType: string
  /** 0 for an image. */
  durationSeconds: number
  /** Of speech. */
  words?: WordTime[]
}

/** Makes real media, quickly. */
export interface Maker {
  make(spec: MediaSpec): Promise<Made>
  /** Stops what is being made. */
  close?(): Promise<void>
}
