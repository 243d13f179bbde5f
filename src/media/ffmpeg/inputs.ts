/**
 * FFmpeg recognises files by content, whatever their name: a DASH, HLS or concat list called `x.mp4` would be opened
 * and followed to other files and, in some versions, over the network in spite of the protocol list. Only these
 * demuxers may open a file; they refer to nothing outside it.
 */
const MEDIA_FORMATS = 'mov,matroska,mp3,wav,ogg,flac,aac'
/** Stills, by content. The plain `image2` demuxer is left out: it expands patterns in the name. */
const STILL_FORMATS = 'png_pipe,jpeg_pipe,webp_pipe'

/** Pixels of one frame; 8K video has 33 million. A 0.8 MB PNG of 16,000 x 16,000 would take 870 MB to decode. */
const MAX_PIXELS = 40_000_000

/** Something FFmpeg reads. A file is always taken for hostile. */
export type Input =
  /** `options` stand before `-i`, e.g. `-ss 3`. `stills` admits pictures as well. */
  | { path: string; stills?: boolean; options?: readonly string[] }
  /** Our own bytes on standard input: the demuxer is forced, e.g. `s16le`. */
  | { stdin: { format: string; options?: readonly string[] } }

/** `-i` and everything that must stand before it. Pure. */
export function inputArgs(input: Input): string[] {
  if ('stdin' in input) return ['-protocol_whitelist', 'pipe', '-f', input.stdin.format, ...(input.stdin.options ?? []), '-i', 'pipe:0']
  const formats = input.stills ? `${MEDIA_FORMATS},${STILL_FORMATS}` : MEDIA_FORMATS
  const guard = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', formats, '-max_pixels', String(MAX_PIXELS)]
  return [...guard, ...(input.options ?? []), '-i', `file:${input.path}`]
}
