import { PCM_SAMPLE_RATE } from '../../../ports/media-tool.ts'
import { ascii, box, fullBox, type Part, u8, u16, u32, zeros } from './boxes.ts'

export const VIDEO_TRACK = 1
export const AUDIO_TRACK = 2

export interface VideoTrack {
  width: number
  height: number
  /** Ticks a second. */
  timescale: number
  /** Content of the `avcC` box (ISO/IEC 14496-15 section 5.3.3.1). */
  avcC: Uint8Array
}

export interface AudioTrack {
  bitsPerSecond: number
}

/**
 * AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1): 5 bits object type 2 (AAC LC), 4 bits rate index 3 (48 kHz),
 * 4 bits channel configuration 2, 3 bits 0.
 */
const AAC_CONFIG = u8(0x11, 0x90)

/** RFC 6381 names, e.g. `avc1.64001f,mp4a.40.2`: profile, constraints and level stand in bytes 1 to 3 of `avcC`. */
export function codecsOf({ video, audio }: { video: VideoTrack | null; audio: AudioTrack | null }): string {
  const hex = video && [...video.avcC.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [...(hex ? [`avc1.${hex}`] : []), ...(audio ? ['mp4a.40.2'] : [])].join(',')
}

/**
 * The initialisation segment (ISO/IEC 14496-12 sections 8.2 and 8.8): tracks without samples and without edit lists, so a
 * time in a fragment is the time on the timeline. Holds nothing but its arguments: same arguments, same bytes.
 */
export function initSegment({ video, audio }: { video: VideoTrack | null; audio: AudioTrack | null }): Uint8Array {
  const trex = (track: number) => fullBox('trex', 0, 0, u32(track, 1, 0, 0, 0))
  const tracks = [...(video ? [videoTrak(video)] : []), ...(audio ? [audioTrak(audio)] : [])]
  const extends_ = [...(video ? [trex(VIDEO_TRACK)] : []), ...(audio ? [trex(AUDIO_TRACK)] : [])]
  const ftyp = box('ftyp', ascii('iso6'), u32(1), ascii('iso6'), ascii('mp41'))
  const moov = box('moov', mvhd(), ...tracks, box('mvex', ...extends_))
  const bytes = new Uint8Array(ftyp.length + moov.length)
  bytes.set(ftyp)
  bytes.set(moov, ftyp.length)
  return bytes
}

/** Unity transformation (section 8.2.2), 16.16 and 2.30 fixed point. */
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** Times 0, timescale 1000, duration 0 (it is in the fragments), rate 1.0, volume 1.0. */
const mvhd = () => fullBox('mvhd', 0, 0, u32(0, 0, 1000, 0, 0x10000), u16(0x100, 0), u32(0, 0), MATRIX, zeros(24), u32(AUDIO_TRACK + 1))

function videoTrak({ width, height, timescale, avcC }: VideoTrack): Uint8Array {
  const avc1 = box(
    'avc1',
    zeros(6),
    u16(1), // data reference
    zeros(16),
    u16(width, height),
    u32(0x480000, 0x480000, 0), // 72 dpi
    u16(1), // one frame a sample
    zeros(32), // no compressor name
    u16(0x18, 0xffff), // depth 24, no colour table
    box('avcC', avcC),
    // BT.709 primaries, transfer and matrix, limited range (section 12.1.5), as tagged by the encoder.
    box('colr', ascii('nclx'), u16(1, 1, 1), u8(0)),
    box('pasp', u32(1, 1)),
  )
  const size = u32(width * 0x10000, height * 0x10000)
  return trak({ track: VIDEO_TRACK, timescale, volume: 0, size, handler: 'vide', header: fullBox('vmhd', 0, 1, zeros(8)), entry: avc1 })
}

function audioTrak({ bitsPerSecond }: AudioTrack): Uint8Array {
  const mp4a = box('mp4a', zeros(6), u16(1), zeros(8), u16(2, 16, 0, 0), u32(PCM_SAMPLE_RATE * 0x10000), esds(bitsPerSecond))
  return trak({
    track: AUDIO_TRACK,
    timescale: PCM_SAMPLE_RATE,
    volume: 0x100,
    size: u32(0, 0),
    handler: 'soun',
    header: fullBox('smhd', 0, 0, zeros(4)),
    entry: mp4a,
  })
}

/** Descriptors of ISO/IEC 14496-1 section 7.2.6: stream 0x15 is audio, object type 0x40 is MPEG-4 audio. */
function esds(bitsPerSecond: number): Uint8Array {
  const descriptor = (tag: number, ...parts: Part[]) => {
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0)
    return concat(u8(tag, sizeBytes), ...parts)
  }
  const decoder = descriptor(0x04, u8(0x40, 0x15, 0, 0, 0), u32(bitsPerSecond, bitsPerSecond), descriptor(0x05, AAC_CONFIG))
  return fullBox('esds', 0, 0, descriptor(0x03, u16(AUDIO_TRACK), u8(0), decoder, descriptor(0x06, u8(2))))
}

interface Trak {
  track: number
  timescale: number
  volume: number
  size: Uint8Array
  handler: string
  header: Uint8Array
  /** The sample entry. */
  entry: Uint8Array
}

function trak({ track, timescale, volume, size, handler, header, entry }: Trak): Uint8Array {
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), entry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  )
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)))
  // Enabled and in the movie (section 8.3.2).
  const tkhd = fullBox('tkhd', 0, 3, u32(0, 0, track, 0, 0), zeros(8), u16(0, 0, volume, 0), MATRIX, size)
  const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(0x55c4, 0)) // language `und`
  const hdlr = fullBox('hdlr', 0, 0, u32(0), ascii(handler), zeros(12), ascii('\0'))
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', header, dinf, stbl)))
}

function concat(...parts: Part[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
