import type { TakeOutput } from '../../../domain/take.ts'

/** `VideoModelV4VideoData`, as far as it can be fetched; `uploaded` cannot. */
export type VideoData =
  | { type: 'uploaded'; mediaType: string }
  | { type: 'url'; url: string; mediaType: string }
  | { type: 'base64'; data: string; mediaType: string }
  | { type: 'binary'; data: Uint8Array; mediaType: string }

export type InlineData = Extract<VideoData, { type: 'base64' | 'binary' }>

export const isInline = (video: VideoData): video is InlineData => video.type === 'base64' || video.type === 'binary'

export const bytesIn = (video: InlineData): Uint8Array => (video.type === 'binary' ? video.data : Buffer.from(video.data, 'base64'))

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** The vendor's word, when it is one for media. */
export const mimeOf = ({ mediaType }: VideoData): string => (/^(video|audio)\//.test(mediaType) ? mediaType : 'video/mp4')

/** The contract says nothing of the kind of sound that comes back. */
export function soundMimeOf(bytes: Uint8Array): TakeOutput['mimeType'] {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (/^RIFF[\s\S]{4}WAVE/.test(head)) return 'audio/wav'
  if (head.startsWith('OggS')) return 'audio/ogg'
  if (head.startsWith('fLaC')) return 'audio/flac'
  if (head.slice(4, 8) === 'ftyp') return 'audio/mp4'
  if (/^\xff[\xf0-\xf1\xf8-\xf9]/.test(head)) return 'audio/aac'
  return 'audio/mpeg'
}
