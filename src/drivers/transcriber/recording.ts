import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { SluiceError } from '../../domain/errors.ts'
import type { Recording } from '../../ports/transcriber.ts'

/** File name endings by which vendors tell one kind of recording from another. */
const ENDINGS: Record<string, string> = {
  'audio/aac': 'aac',
  'audio/flac': 'flac',
  'audio/m4a': 'm4a',
  'audio/mp3': 'mp3',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/opus': 'opus',
  'audio/vnd.wave': 'wav',
  'audio/wav': 'wav',
  'audio/wave': 'wav',
  'audio/webm': 'webm',
  'audio/x-flac': 'flac',
  'audio/x-m4a': 'm4a',
  'audio/x-wav': 'wav',
  'video/mp4': 'mp4',
  'video/mpeg': 'mpeg',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
}

/** Without parameters, in lower case. */
export const plainMimeType = ({ mimeType }: Recording): string => (mimeType.split(';')[0] ?? '').trim().toLowerCase()

/** `undefined` for a kind that is not known here. */
export const endingOf = (recording: Recording): string | undefined => ENDINGS[plainMimeType(recording)]

/** Throws `provider_cannot` for what is empty, too large, or neither sound nor video; before a byte is read. */
export function assertTakes(vendor: string, recording: Recording, maxBytes: number): void {
  const { sizeBytes } = recording
  if (!/^(audio|video)\/[a-z0-9.+-]+$/.test(plainMimeType(recording)))
    throw new SluiceError(
      'provider_cannot',
      `${vendor} transcribes sound and video only, not ${recording.mimeType || 'an unknown type'}.`,
      {
        field: 'mimeType',
        fix: 'Name the type of an audio or video file, e.g. audio/wav.',
      },
    )
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes > maxBytes)
    throw new SluiceError('provider_cannot', `${vendor} takes recordings of 1 to ${maxBytes} bytes, and this one has ${sizeBytes}.`, {
      field: 'sizeBytes',
      fix: 'Give a shorter recording, or the same one with a lower bit rate.',
    })
}

/**
 * The bytes of a recording, exactly as many as it is said to have. Throws `file_not_found` before anything is sent for a path where
 * no file is. The stream throws `media_unreadable` for another length.
 */
export async function openRecording(recording: Recording): Promise<AsyncIterable<Uint8Array>> {
  const { sizeBytes } = recording
  if (!('path' in recording)) return exactly(sizeBytes, recording.stream)
  const { path } = recording
  const found = await stat(path).catch((error: unknown) => {
    throw new SluiceError('file_not_found', 'The recording is not there, or cannot be read.', { field: 'path', cause: error })
  })
  if (found.size !== sizeBytes) throw otherLength(sizeBytes, found.size)
  return exactly(sizeBytes, createReadStream(path))
}

async function* exactly(sizeBytes: number, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sent = 0
  try {
    for await (const chunk of stream) {
      sent += chunk.length
      if (sent > sizeBytes) throw otherLength(sizeBytes, `more than ${sizeBytes}`)
      yield chunk
    }
  } catch (error) {
    // Told by name: what breaks here was not taken by anyone, and must not pass for a doubt.
    if (SluiceError.is(error)) throw error
    throw new SluiceError('media_unreadable', 'The recording broke off while it was read.', { retry: 'same', cause: error })
  }
  if (sent < sizeBytes) throw otherLength(sizeBytes, sent)
}

function otherLength(said: number, found: number | string): SluiceError {
  return new SluiceError('media_unreadable', `The recording is said to have ${said} bytes and has ${found}.`, {
    field: 'sizeBytes',
    fix: 'Give the whole recording, with its exact size.',
    retry: 'never',
  })
}
