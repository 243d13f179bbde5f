import { expect, it } from 'vitest'
import { createAdtsReader } from './adts.ts'

/** A frame as FFmpeg writes it, with a payload of one value. */
function frame(payloadBytes: number, value: number): number[] {
  const size = payloadBytes + 7
  return [
    0xff,
    0xf1,
    0x4c,
    0x80 | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
    ...new Array<number>(payloadBytes).fill(value),
  ]
}
const stream = Uint8Array.from([...frame(3, 1), ...frame(2_100, 2), ...frame(1, 3)])

it.each([1, 5, 8, 4_000])('gives whole frames from pieces of %i bytes', (chunkBytes) => {
  const reader = createAdtsReader()
  const frames: Uint8Array[] = []
  for (let at = 0; at < stream.length; at += chunkBytes) frames.push(...reader.push(stream.subarray(at, at + chunkBytes)))
  expect(frames.map((bytes) => [bytes.length, bytes[0]])).toEqual([
    [3, 1],
    [2_100, 2],
    [1, 3],
  ])
})

it('does not guess where a frame begins', () => {
  expect(() => createAdtsReader().push(stream.subarray(1))).toThrow('no frame where one must begin')
})
