import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createWorker, OEM } from 'tesseract.js'

/** Answers a picture file (PGM, PNG, JPEG) with `{ text, confidence }` for each line, the confidence 0 to 100. */
export async function open() {
  const data = dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json'))
  const worker = await createWorker('eng', OEM.LSTM_ONLY, {
    langPath: join(data, '4.0.0'),
    gzip: true,
    cacheMethod: 'none',
    // Each failure also rejects its own call; without a handler it would be thrown where nobody catches it.
    errorHandler: () => {},
  })
  return {
    async ask(picture) {
      const { data } = await worker.recognize(Buffer.from(picture), {}, { text: false, blocks: true })
      const blocks = data.blocks ?? []
      return blocks.flatMap(({ paragraphs }) =>
        paragraphs.flatMap(({ lines }) => lines.map(({ text, confidence }) => ({ text, confidence }))),
      )
    },
  }
}
