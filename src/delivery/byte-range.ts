import { SluiceError } from '../domain/errors.ts'
import type { ByteRange } from '../ports/objects.ts'

/**
 * The bytes a `Range` header asks for (RFC 9110 section 14). `undefined`: send the whole; that is also the answer to other
 * units, to what cannot be read, and to several ranges at once. Throws `range_not_satisfiable`.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const [, first, last] = header?.match(/^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/i) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') {
    const length = Number(last)
    if (length === 0 || sizeBytes === 0) throw unsatisfiable(sizeBytes)
    return { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= sizeBytes) throw unsatisfiable(sizeBytes)
  return { start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) }
}

function unsatisfiable(sizeBytes: number): SluiceError {
  return new SluiceError('range_not_satisfiable', `The file has ${sizeBytes} bytes; the range asked for lies outside.`, {
    fix: sizeBytes > 0 ? `Ask for bytes 0 to ${sizeBytes - 1}.` : 'The file is empty.',
    facts: { sizeBytes },
  })
}
