const TYPES: Record<string, string> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  m4a: 'audio/mp4',
}

/** The type of a file by the end of its address, for vendors that tell none. */
export function mediaTypeOf(address: string): string | undefined {
  const extension = /\.(\w+)$/.exec(new URL(address).pathname)?.[1]
  return extension === undefined ? undefined : TYPES[extension.toLowerCase()]
}
