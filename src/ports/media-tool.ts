import type { Storyboard } from '../domain/storyboard.ts'
import type { RungInit, StoredElsewhere, StoredSegment } from './transcoder.ts'

export type { Storyboard }

/** Raw sound between tools is interleaved signed 16-bit little-endian stereo at 48 kHz. */
export const PCM_SAMPLE_RATE = 48_000
export const PCM_BYTES_PER_SAMPLE_FRAME = 4

/** Size of the small grey copy every picture check reads. */
export const GREY_WIDTH = 160
export const GREY_HEIGHT = 90

/** A whole picture in the size of the order, planar YUV 4:2:0 (`yuv420p`): luma, then both chroma planes at half the size. */
export interface StillFrame {
  width: number
  height: number
  yuv420p: Uint8Array
}
/** Whole pictures are taken this often, in frames a second. */
export const STILLS_PER_SECOND = 2

/** When a packet of a stream is shown or heard, as its container says; in the order of the file. */
export interface PacketTime {
  seconds: number
  /** Whether it can be decoded without those before it. */
  key: boolean
}
/** Of a long file, packets are read to here. */
export const PACKETS_UNTIL_SECONDS = 120

export interface MediaProbe {
  container: string
  durationSeconds: number
  video: {
    codec: string
    /** As shown, rotation applied. */
    width: number
    height: number
    fps: number
    durationSeconds: number
    frames: number | null
    /** How brightness is written: SMPTE ST 2084, ARIB STD-B67, or the ordinary way. Absent: not read. */
    transfer?: 'pq' | 'hlg' | 'sdr'
    /** Absent: not read. */
    packets?: PacketTime[]
  } | null
  audio: {
    codec: string
    sampleRate: number
    channels: number
    durationSeconds: number
    /** How long one packet sounds by the definition of its codec, whatever the container says. `null`: it has no fixed length. Absent: not read. */
    packetSeconds?: number | null
    packets?: PacketTime[]
  } | null
}

/** EBU R128 (ITU-R BS.1770-4) of a whole sound. `null` where it is too short or silent to have one. */
export interface Loudness {
  integratedLufs: number | null
  truePeakDbtp: number | null
  /** EBU Tech 3342. */
  loudnessRangeLu: number | null
}

/** A part of a raw PCM file, in seconds of it. */
export interface PcmPart {
  pcmPath: string
  startSeconds: number
  endSeconds: number
  gainDb: number
}

/** What is to be made of one rung. `null` sizes: sound only. */
export interface RungOrder {
  name: string
  width: number | null
  height: number | null
  videoBitsPerSecond: number
  audioBitsPerSecond: number
}

/** A decoded sound placed on the asset's timeline. Mixing is a pure function of time, so it can begin anywhere. */
export interface Stem {
  /** Raw PCM file. */
  pcmPath: string
  role: 'speech' | 'music' | 'own'
  startSeconds: number
  /** What of the file's beginning is left out. Default 0. */
  skipSeconds?: number
  gainDb: number
  /** Music is lowered while one of these is heard, in timeline seconds. */
  duckUnder?: { startSeconds: number; endSeconds: number }[]
  /** The stem fades out to end here, in timeline seconds. Absent: it ends where its file ends. */
  fadeOutEndSeconds?: number
}

/**
 * One stretch of the timeline, from a joint to the next: one decode of one master, all rungs, all checks.
 * Segments are cut every `segmentSeconds` from the stretch's start; its last may be shorter.
 */
export interface FinishOrder {
  /** The picture, from `fromSeconds` of the file on (default 0). `null` for sound only. */
  video: { path: string; width: number; height: number; fps: number; fromSeconds?: number } | null
  /** Start and length on the timeline, in seconds; multiples of 1/fps where there is a picture. */
  startSeconds: number
  durationSeconds: number
  /** Index of the stretch's first segment on the timeline. */
  firstSegment: number
  /** Segments of this stretch already released; they are judged again but not encoded again. */
  releasedSegments: number
  /** Whether the timeline ends with this stretch. Otherwise the sound frame that crosses the joint is left to the next. */
  final: boolean
  segmentSeconds: number
  rungs: RungOrder[]
  /** SHA-256 (hex) of the init segments already published; a stretch that would need others is refused with `media_tool_failed`. */
  publishedInits?: { name: string; sha256: string }[]
  /** Empty: no sound track. The same for every stretch of an asset. */
  stems: Stem[]
  /** For an encoder that is not on this machine, where there is one. Absent: the picture is encoded here. */
  elsewhere?: StoredElsewhere
  scratchFolder: string
  signal: AbortSignal
}

export type FinishPiece =
  /** Once, before the first segment: the init segment of each rung. Equal bytes for every stretch of an asset. */
  | { kind: 'init'; rungs: RungInit[] }
  /** A frame of the small grey copy; `seconds` on the timeline. Every frame of the stretch, in order. */
  | { kind: 'picture'; seconds: number; grey: Uint8Array }
  /** A whole picture, {@link STILLS_PER_SECOND} of them, the stretch's first frame included; in order among the pictures. */
  | { kind: 'still'; seconds: number; frame: StillFrame }
  /** The mix as the viewer hears it, in order and without a gap; `seconds` on the timeline. */
  | { kind: 'sound'; seconds: number; pcm: Int16Array }
  /** All rungs of one segment. Follows every picture and sound of its time range. */
  | { kind: 'segment'; index: number; startSeconds: number; durationSeconds: number; rungs: { name: string; bytes: Uint8Array }[] }
  /** The same of an encoder elsewhere, which has stored it. */
  | { kind: 'stored'; index: number; startSeconds: number; durationSeconds: number; rungs: StoredSegment[] }

/** A copy for download made from finished segments. */
export interface RemuxOrder {
  /** Init segment and segments of one rung, in order. */
  segments: AsyncIterable<Uint8Array>
  output: string
  /** WebVTT file to carry as a soft subtitle track, MP4 only. */
  captionsPath?: string
  title: string
  signal: AbortSignal
}

export interface EncodeOrder {
  input: string
  output: string
  durationSeconds: number
  title: string
  signal: AbortSignal
  /** 0 to 1. */
  progress: (fraction: number) => void
}

/** What FFmpeg does for us. Every call runs sandboxed, with limits, and stops with the signal. */
export interface MediaTool {
  /** Programs and their versions, for the manifest. */
  versions(): Promise<Record<string, string>>
  /** Throws `media_unreadable`. */
  probe(path: string, signal: AbortSignal): Promise<MediaProbe>
  /** Decodes the first sound track to raw PCM and measures it on the way. */
  decodeAudio(order: { input: string; pcmPath: string; signal: AbortSignal }): Promise<Loudness & { durationSeconds: number }>
  /** Writes raw PCM anew: parts of recordings one behind the other, each with its gain, faded into each other over 10 ms. */
  joinPcm(order: { parts: readonly PcmPart[]; pcmPath: string; signal: AbortSignal }): Promise<{ durationSeconds: number }>
  /** The same pictures and sounds in a new MP4 with timestamps from zero. Throws `media_unreadable`. */
  remux(order: { input: string; output: string; signal: AbortSignal }): Promise<void>
  /** Loudness of a mix that exists only as stems, from 0 to `durationSeconds`. */
  measureMix(order: { stems: Stem[]; durationSeconds: number; scratchFolder: string; signal: AbortSignal }): Promise<Loudness>
  finish(order: FinishOrder): AsyncIterable<FinishPiece>
  remuxMp4(order: RemuxOrder): Promise<void>
  remuxM4a(order: Omit<RemuxOrder, 'captionsPath'>): Promise<void>
  encodeMp3(order: EncodeOrder): Promise<void>
  encodeWebm(order: EncodeOrder): Promise<void>
  /** A JPEG of the frame at `atSeconds`. */
  poster(order: { input: string; output: string; atSeconds: number; signal: AbortSignal }): Promise<void>
  storyboard(order: { input: string; output: string; durationSeconds: number; signal: AbortSignal }): Promise<Storyboard>
  /** Peaks in the audiowaveform JSON v2 format. */
  peaks(order: { stems: Stem[]; durationSeconds: number; points: number }): Promise<string>
}
