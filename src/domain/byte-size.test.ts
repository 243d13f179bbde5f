import { expect, test } from 'vitest'
import { formatByteSize, parseByteSize } from './byte-size.ts'

test.each([
  ['0', 0],
  ['1048576', 1_048_576],
  ['500GB', 500e9],
  ['1.5 TiB', 1.5 * 2 ** 40],
  ['', null],
  ['-1', null],
  ['5 gigs', null],
  ['GB', null],
  ['1e3', null],
  ['99999999TB', null],
])('%s is %s bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes)
})

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 KB'],
  [1_236_000_000, '1.24 GB'],
  [250e9, '250 GB'],
  [5e15, '5000 TB'],
])('%s bytes are read as %s', (bytes, text) => {
  expect(formatByteSize(bytes)).toBe(text)
})
