import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { StillFrame } from '../../../ports/media-tool.ts'
import type { SeenText, TextReader } from '../../../ports/text-reader.ts'
import { createPluginHost } from '../../plugin/host.ts'

export interface TesseractReaderOptions {
  /** Of the plug-in (`plugins/screen-text`), with its packages installed. */
  folder: string
  log: Logger
}

/** English text in frames, by Tesseract on this machine: what stands upright, in one line of at least some 15 pixels. */
export function createTesseractReader({ folder, log }: TesseractReaderOptions): TextReader {
  const host = createPluginHost({ folder, title: 'tesseract.js', log })
  return {
    id: 'tesseract',
    async read(frame, { signal }) {
      signal.throwIfAborted()
      return linesOf(await host.ask(pgmOf(frame), { signal }))
    },
    close: host.close,
  }
}

/** The luma as a picture: a portable greymap (https://netpbm.sourceforge.net/doc/pgm.html) is a line of text and the samples. */
function pgmOf({ width, height, yuv420p }: StillFrame): Uint8Array {
  const head = Buffer.from(`P5\n${width} ${height}\n255\n`)
  return new Uint8Array(Buffer.concat([head, yuv420p.subarray(0, width * height)]))
}

/** @param answer `{ text, confidence }` of each line, the confidence 0 to 100, as `recognize` of tesseract.js 7 gives them */
function linesOf(answer: unknown): SeenText[] {
  if (!Array.isArray(answer))
    throw new SluiceError('provider_failed', 'tesseract.js does not say what it read.', { retry: 'other_provider' })
  return answer.flatMap(({ text, confidence }: { text?: unknown; confidence?: unknown }) =>
    typeof text === 'string' && typeof confidence === 'number' && text.trim() !== ''
      ? [{ text: text.trim(), confidence: Math.min(1, Math.max(0, confidence / 100)) }]
      : [],
  )
}
