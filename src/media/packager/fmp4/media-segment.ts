import { ascii, box, fullBox, u32, u64 } from './boxes.ts'
import { AUDIO_TRACK, VIDEO_TRACK } from './init-segment.ts'

/** A coded frame of a track, in order of decoding. Times in ticks of the track. */
export interface Sample {
  bytes: Uint8Array
  duration: number
  /** Time shown less time decoded; may be negative. */
  compositionOffset: number
  /** Can be decoded without others. */
  sync: boolean
}

export interface TrackRun {
  /** Time of the first sample on the timeline, in ticks of the track. */
  decodeTime: number
  samples: readonly Sample[]
}

/** Sample flags (ISO/IEC 14496-12 section 8.8.3.1): depends on no other; depends on others and is no sync sample. */
const SYNC_FLAGS = 0x02000000
const DEPENDENT_FLAGS = 0x01010000

/** `tr_flags` of a run (section 8.8.8): data offset, and per sample duration, size, flags, composition offset. */
const RUN_FLAGS = 0x000001 | 0x000100 | 0x000200 | 0x000400 | 0x000800
const DEFAULT_BASE_IS_MOOF = 0x020000

/**
 * One media segment: `styp`, one `moof` with a run for each track, one `mdat`. Video offsets are signed (run version 1),
 * so the first frame is shown at the time it is decoded and no edit list is needed.
 */
export function mediaSegment({ sequence, video, audio }: { sequence: number; video: TrackRun | null; audio: TrackRun | null }): Uint8Array {
  const tracks = [
    ...(video ? [{ id: VIDEO_TRACK, run: video }] : []),
    ...(audio && audio.samples.length > 0 ? [{ id: AUDIO_TRACK, run: audio }] : []),
  ]
  const sizes = tracks.map(({ run }) => run.samples.reduce((sum, { bytes }) => sum + bytes.length, 0))
  const moof = (offsets: number[]) =>
    box('moof', fullBox('mfhd', 0, 0, u32(sequence)), ...tracks.map(({ id, run }, i) => traf(id, run, offsets[i] ?? 0)))
  // Offsets count from the start of `moof`; their size is fixed, so a first draft tells how long it is.
  const start = moof(tracks.map(() => 0)).length + 8
  const offsets = sizes.map((_, i) => start + sizes.slice(0, i).reduce((sum, size) => sum + size, 0))
  const styp = box('styp', ascii('msdh'), u32(0), ascii('msdh'), ascii('iso6'))
  const parts = [styp, moof(offsets), box('mdat', ...tracks.flatMap(({ run }) => run.samples.map(({ bytes }) => bytes)))]
  const segment = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    segment.set(part, at)
    at += part.length
  }
  return segment
}

function traf(track: number, { decodeTime, samples }: TrackRun, dataOffset: number): Uint8Array {
  const table = u32(
    ...samples.flatMap(({ bytes, duration, compositionOffset, sync }) => [
      duration,
      bytes.length,
      sync ? SYNC_FLAGS : DEPENDENT_FLAGS,
      compositionOffset,
    ]),
  )
  return box(
    'traf',
    fullBox('tfhd', 0, DEFAULT_BASE_IS_MOOF, u32(track)),
    fullBox('tfdt', 1, 0, u64(decodeTime)),
    fullBox('trun', 1, RUN_FLAGS, u32(samples.length, dataOffset), table),
  )
}
