/** One frame of a single-track fragmented MP4 as FFmpeg writes it. Times in ticks of its track. */
export interface ReadSample {
  bytes: Uint8Array
  presentationTime: number
  sync: boolean
}

export interface FragmentReader {
  /** Takes the next bytes, cut anywhere; returns the samples they complete, in order of decoding. */
  push(chunk: Uint8Array): ReadSample[]
  /** Of the track; known before the first sample. */
  header(): { timescale: number; avcC: Uint8Array }
}

/** A box longer than this is no frame of ours. */
const MAX_BOX_BYTES = 256 * 2 ** 20

interface Box {
  type: string
  /** Without the header. */
  content: DataView
}

interface Run {
  decodeTime: number
  samples: { sizeBytes: number; duration: number; compositionOffset: number; flags: number }[]
}

/**
 * Reads the output of `-f mp4 -movflags empty_moov+default_base_moof+frag_every_frame` with one H.264 track
 * (ISO/IEC 14496-12 section 8.8): `moov`, then pairs of `moof` and `mdat`. Throws on anything it does not know.
 */
export function createFragmentReader(): FragmentReader {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let header: ReturnType<FragmentReader['header']> | null = null
  let run: Run | null = null

  /** The next whole box, once its last byte has come. */
  function nextBox(): Box | null {
    if (pendingBytes < 8) return null
    const head = join(pending)
    pending = [head]
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const sizeBytes = view.getUint32(0)
    if (sizeBytes < 8 || sizeBytes > MAX_BOX_BYTES) throw new Error(`fragmented MP4: a box of ${sizeBytes} bytes`)
    wanted = sizeBytes
    if (pendingBytes < sizeBytes) return null
    const found = { type: typeAt(view, 4), content: new DataView(head.buffer, head.byteOffset + 8, sizeBytes - 8) }
    pending = [head.subarray(sizeBytes)]
    pendingBytes -= sizeBytes
    wanted = 8
    return found
  }
  /** Bytes needed before looking again, so that chunks of a long box are joined once. */
  let wanted = 8

  function take({ type, content }: Box): ReadSample[] {
    if (type === 'moov') header = readHeader(content)
    else if (type === 'moof') run = readRun(content)
    else if (type === 'mdat') {
      if (!run) throw new Error('fragmented MP4: samples without a run')
      const samples = cut(run, content)
      run = null
      return samples
    }
    return []
  }

  return {
    push(chunk) {
      pending.push(chunk)
      pendingBytes += chunk.length
      const samples: ReadSample[] = []
      while (pendingBytes >= wanted) {
        const found = nextBox()
        if (!found) break
        samples.push(...take(found))
      }
      return samples
    },
    header() {
      if (!header) throw new Error('fragmented MP4: no header has come')
      return header
    },
  }
}

function cut({ decodeTime, samples }: Run, content: DataView): ReadSample[] {
  let at = 0
  let time = decodeTime
  return samples.map(({ sizeBytes, duration, compositionOffset, flags }) => {
    const bytes = bytesOf(content, at, sizeBytes)
    const sample = { bytes, presentationTime: time + compositionOffset, sync: (flags & 0x10000) === 0 }
    at += sizeBytes
    time += duration
    return sample
  })
}

function readHeader(moov: DataView): { timescale: number; avcC: Uint8Array } {
  const mdia = descend(moov, 'trak', 'mdia')
  const mdhd = child(mdia, 'mdhd')
  const stsd = descend(mdia, 'minf', 'stbl', 'stsd')
  const avc1 = child(slice(stsd, 8), 'avc1')
  // 78 bytes of a visual sample entry stand before its boxes (section 12.1.3).
  const avcC = child(slice(avc1, 78), 'avcC')
  return { timescale: mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12), avcC: bytesOf(avcC, 0, avcC.byteLength) }
}

function readRun(moof: DataView): Run {
  const traf = child(moof, 'traf')
  const tfdt = child(traf, 'tfdt')
  const decodeTime = tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4)
  const defaults = readDefaults(child(traf, 'tfhd'))
  const trun = child(traf, 'trun')
  const flags = trun.getUint32(0)
  const count = trun.getUint32(4)
  let at = 8
  const field = (flag: number, fallback: number) => {
    if ((flags & flag) === 0) return fallback
    at += 4
    return trun.getUint32(at - 4)
  }
  field(0x1, 0) // data offset: the only run starts where `mdat` does
  const firstFlags = field(0x4, defaults.flags)
  const samples = Array.from({ length: count }, (_, i) => ({
    duration: field(0x100, defaults.duration),
    sizeBytes: field(0x200, defaults.sizeBytes),
    flags: field(0x400, i === 0 ? firstFlags : defaults.flags),
    compositionOffset: field(0x800, 0) | 0,
  }))
  return { decodeTime, samples }
}

/** Optional fields of `tfhd` (section 8.8.7), in the order of their flags. */
function readDefaults(tfhd: DataView): { duration: number; sizeBytes: number; flags: number } {
  const flags = tfhd.getUint32(0)
  let at = 8
  if (flags & 0x1) at += 8
  if (flags & 0x2) at += 4
  const field = (flag: number) => {
    if ((flags & flag) === 0) return 0
    at += 4
    return tfhd.getUint32(at - 4)
  }
  return { duration: field(0x8), sizeBytes: field(0x10), flags: field(0x20) }
}

function descend(view: DataView, ...types: string[]): DataView {
  return types.reduce(child, view)
}

function child(view: DataView, type: string): DataView {
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const sizeBytes = view.getUint32(at)
    if (sizeBytes < 8 || at + sizeBytes > view.byteLength) break
    if (typeAt(view, at + 4) === type) return new DataView(view.buffer, view.byteOffset + at + 8, sizeBytes - 8)
    at += sizeBytes
  }
  throw new Error(`fragmented MP4: no ${type} box where one belongs`)
}

const slice = (view: DataView, from: number): DataView => new DataView(view.buffer, view.byteOffset + from, view.byteLength - from)

const typeAt = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3))

function bytesOf(view: DataView, at: number, sizeBytes: number): Uint8Array {
  if (at + sizeBytes > view.byteLength) throw new Error('fragmented MP4: a sample is longer than its data')
  return new Uint8Array(view.buffer, view.byteOffset + at, sizeBytes)
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  if (chunks.length === 1 && only) return only
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
