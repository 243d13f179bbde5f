import { SluiceError } from '../../domain/errors.ts'

const MAX_MIME_LENGTH = 100

/** Throws `request_invalid` for a MIME type that is none or too long to be kept. */
export function checkMimeType(mimeType: string): void {
  if (mimeType.length <= MAX_MIME_LENGTH && /^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w."-]+)*$/.test(mimeType)) return
  throw new SluiceError(
    'request_invalid',
    `${JSON.stringify(mimeType.slice(0, 80))} is not a MIME type of at most ${MAX_MIME_LENGTH} characters.`,
    {
      field: 'mimeType',
      fix: 'Give a type like `video/mp4`.',
    },
  )
}
