import { randomUUID } from 'node:crypto'

/** A multipart form with one file in it, as long as said: sent while it is read, never held in memory. */
export interface Upload {
  contentType: string
  sizeBytes: number
  stream: AsyncIterable<Uint8Array>
}

export interface UploadedFile {
  /** Of the form. */
  field: string
  /** Vendors read the kind from its ending. */
  name: string
  mimeType: string
  sizeBytes: number
  /** Must throw when it has not `sizeBytes` bytes. */
  stream: AsyncIterable<Uint8Array>
}

/** A form (RFC 7578) of text fields and a file, the file last. Names are the caller's own and are not escaped. */
export function createUpload(fields: readonly (readonly [name: string, value: string])[], file: UploadedFile): Upload {
  const boundary = `sluice-${randomUUID()}`
  const part = (disposition: string, more = '') => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${more}\r\n`
  const texts = fields.map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`).join('')
  const head = Buffer.from(`${texts}${part(`name="${file.field}"; filename="${file.name}"`, `content-type: ${file.mimeType}\r\n`)}`)
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield head
    yield* file.stream
    yield tail
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: head.length + file.sizeBytes + tail.length,
    stream: stream(),
  }
}
