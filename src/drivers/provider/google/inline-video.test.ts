import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { inlineIndex, readInline, readOutline } from './inline-video.ts'

const videos = [1, 2, 3, 1000].map((length) => randomBytes(length))
const document = {
  prose: 'She said "data": "AAAA" and \\ went on.',
  data: videos[0]?.toString('base64'),
  nested: [
    { data: videos[1]?.toString('base64'), more: 'é€😀' },
    { other: 'data', data: videos[2]?.toString('base64') },
  ],
  last: { data: videos[3]?.toString('base64') },
}
const plain = JSON.stringify(document)
const asGoogleWrites = plain.replaceAll('=', '\\u003d').replaceAll('/', '\\/').replaceAll('"data":"', '"data": \n "')

async function* inPieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

test.each([
  ['plain', plain],
  ['escaped', asGoogleWrites],
])('however the bytes arrive, outline and videos are the same: %s', async (_, text) => {
  for (const length of [1, 2, 3, 5, 7, 64, 100_000]) {
    const { json, sizes } = await readOutline(inPieces(text, length), 'data')
    expect(json).toEqual({
      prose: document.prose,
      data: '@0',
      nested: [
        { data: '@1', more: 'é€😀' },
        { other: 'data', data: '@2' },
      ],
      last: { data: '@3' },
    })
    expect(sizes).toEqual(videos.map((video) => video.length))
    for (const [index, video] of videos.entries()) {
      const pieces: Uint8Array[] = []
      for await (const piece of readInline(inPieces(text, length), 'data', index)) pieces.push(piece)
      expect(Buffer.concat(pieces).equals(video)).toBe(true)
    }
  }
})

test('what is not there and what is cut short is an error, not an empty video', async () => {
  await expect(readInline(inPieces(plain, 10), 'data', 4).next()).rejects.toThrow(/no video 4/)
  await expect(readOutline(inPieces(plain.slice(0, -10), 10), 'data')).rejects.toThrow()
  await expect(readOutline(inPieces(' '.repeat(17 * 2 ** 20), 2 ** 20), 'data')).rejects.toThrow(/more than/)
  expect([inlineIndex('@12'), inlineIndex('AAAA'), inlineIndex(undefined)]).toEqual([12, undefined, undefined])
})
