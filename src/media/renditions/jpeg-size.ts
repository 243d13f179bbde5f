import { open } from 'node:fs/promises'
import { SluiceError } from '../../domain/errors.ts'

/** Enough for the markers FFmpeg writes before the frame header. */
const HEAD_BYTES = 64 * 1024

/** Width and height of a JPEG in pixels, from its start-of-frame marker (ITU-T T.81, B.2.2). */
export async function jpegSize(path: string): Promise<{ width: number; height: number }> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    const size = readJpegSize(buffer.subarray(0, bytesRead))
    if (size === undefined) throw new SluiceError('media_unreadable', `The picture of ${bytesRead} bytes is not a JPEG.`)
    return size
  } finally {
    await file.close()
  }
}

/** `undefined`: no start of frame in these bytes. */
function readJpegSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] ?? 0
    // SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), which share the range.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
