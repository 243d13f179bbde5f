import { SluiceError } from '../../domain/errors.ts'

const MAX_KEY_LENGTH = 512
/** What file systems allow for one name. */
const MAX_SEGMENT_LENGTH = 255

/** The segments of a key. Throws `request_invalid` for what `ports/objects.ts` does not allow. */
export function splitKey(key: string): string[] {
  const segments = key.split('/')
  if (key.length > MAX_KEY_LENGTH) throw invalid(key, `it has ${key.length} characters, at most ${MAX_KEY_LENGTH} are allowed`)
  for (const segment of segments) checkSegment(key, segment)
  return segments
}

/** A prefix of keys: whole segments and, after the last slash, the beginning of one, which may be empty. */
export function splitPrefix(prefix: string): { folder: string[]; beginning: string } {
  const segments = prefix.split('/')
  const beginning = segments.pop() ?? ''
  for (const segment of segments) checkSegment(prefix, segment)
  if (beginning !== '') checkSegment(prefix, beginning)
  return { folder: segments, beginning }
}

function checkSegment(key: string, segment: string): void {
  if (segment === '') throw invalid(key, 'it has an empty segment')
  if (segment === '.' || segment === '..') throw invalid(key, `the segment "${segment}" is not allowed`)
  if (!/^[A-Za-z0-9._-]+$/.test(segment)) throw invalid(key, 'only the characters A-Z a-z 0-9 . _ - and / are allowed')
  if (segment.length > MAX_SEGMENT_LENGTH)
    throw invalid(key, `a segment has ${segment.length} characters, at most ${MAX_SEGMENT_LENGTH} are allowed`)
}

function invalid(key: string, reason: string): SluiceError {
  return new SluiceError('request_invalid', `The object key ${JSON.stringify(key.slice(0, 80))} is not valid: ${reason}.`, {
    field: 'key',
    fix: 'Use slash-separated segments of letters, digits, dots, underscores and hyphens.',
  })
}

/** Digits of a hash that stand in a key. */
const KEY_HASH_DIGITS = 16

/** The key with the beginning of the hash before its extension: `a/film.mp4` is `a/film-<16 digits>.mp4`. */
export function keyWithHash(key: string, sha256: string): string {
  const name = key.lastIndexOf('/') + 1
  const dot = key.lastIndexOf('.')
  const end = dot > name ? dot : key.length
  return `${key.slice(0, end)}-${sha256.slice(0, KEY_HASH_DIGITS)}${key.slice(end)}`
}
