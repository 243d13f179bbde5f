/** Samples of one AAC LC frame (ISO/IEC 14496-3 section 4.5.1.1). */
export const AAC_FRAME_SAMPLES = 1024

/** The fixed ADTS header without a checksum (ISO/IEC 14496-3 section 1.A.2.2), in bytes. */
const HEADER_BYTES = 7

/** Cuts a stream of ADTS, taken in pieces of any length, into bare AAC frames. Throws when it loses its place. */
export function createAdtsReader(): { push(chunk: Uint8Array): Uint8Array[] } {
  let rest = new Uint8Array(0)
  return {
    push(chunk) {
      const bytes = new Uint8Array(rest.length + chunk.length)
      bytes.set(rest)
      bytes.set(chunk, rest.length)
      const frames: Uint8Array[] = []
      let at = 0
      while (at + HEADER_BYTES <= bytes.length) {
        const [sync = 0, second = 0, , b3 = 0, b4 = 0, b5 = 0] = bytes.subarray(at)
        if (sync !== 0xff || (second & 0xf7) !== 0xf1) throw new Error('ADTS: no frame where one must begin')
        const sizeBytes = ((b3 & 0x03) << 11) | (b4 << 3) | (b5 >> 5)
        if (at + sizeBytes > bytes.length) break
        frames.push(bytes.subarray(at + HEADER_BYTES, at + sizeBytes))
        at += sizeBytes
      }
      rest = bytes.slice(at)
      return frames
    },
  }
}
