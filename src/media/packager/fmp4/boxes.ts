/**
 * Boxes of ISO/IEC 14496-12 (ISO base media file format): 32-bit size, four-character type, then the content.
 * Numbers are big-endian.
 */
const encoder = new TextEncoder()

/** Any part of a box. */
export type Part = Uint8Array

/** A box around its parts (section 4.2). */
export function box(type: string, ...parts: Part[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 8)
  const bytes = new Uint8Array(sizeBytes)
  new DataView(bytes.buffer).setUint32(0, sizeBytes)
  bytes.set(encoder.encode(type), 4)
  let at = 8
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** A box with version and flags (section 4.2, `FullBox`). */
export function fullBox(type: string, version: number, flags: number, ...parts: Part[]): Uint8Array {
  return box(type, u32(((version << 24) | flags) >>> 0), ...parts)
}

export const u8 = (...values: number[]): Uint8Array => Uint8Array.from(values)

export function u16(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 2)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value)
  return bytes
}

/** Also takes negative numbers, as two's complement. */
export function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value >>> 0)
  return bytes
}

export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

export const ascii = (text: string): Uint8Array => encoder.encode(text)

export const zeros = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes)
