import { SluiceError } from '../../domain/errors.ts'
import type { ByteRange } from '../../ports/objects.ts'

export function notFound(key: string): SluiceError {
  return new SluiceError('file_not_found', `There is no object ${key}.`, { facts: { key } })
}

/** The part of a range that is there. Throws `range_not_satisfiable` when there is none. */
export function boundsWithin(key: string, { start, end }: ByteRange, sizeBytes: number): ByteRange {
  if (Number.isSafeInteger(start) && start >= 0 && start < sizeBytes && end >= start) return { start, end: Math.min(end, sizeBytes - 1) }
  throw new SluiceError('range_not_satisfiable', `The bytes ${start} to ${end} are not in ${key}, which has ${sizeBytes} bytes.`, {
    fix: sizeBytes === 0 ? 'Ask without a range.' : `Ask for bytes between 0 and ${sizeBytes - 1}.`,
    facts: { sizeBytes },
  })
}
