import type { Rung } from './asset.ts'

/** Players are asked to stay this many target durations behind the edge; RFC 8216bis section 4.4.3.8 wants at least three. */
const HOLD_BACK_TARGETS = 3

/** What a media playlist of one rung lists. */
export interface MediaPlaylist {
  segments: readonly { index: number; durationSeconds: number }[]
  /** Nothing will follow. */
  ended: boolean
  uri: (index: number) => string
  initUri: string
  /** Whole seconds, the same for the life of the playlist; no segment, rounded, may be longer. */
  targetDurationSeconds: number
}

/**
 * A playlist that only grows (RFC 8216bis): it begins with segment 0 for ever, so a player that joins while it is made
 * starts at the beginning, and the same address is the finished video in the end.
 */
export function mediaPlaylist({ segments, ended, uri, initUri, targetDurationSeconds }: MediaPlaylist): string {
  return lines([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDurationSeconds}`,
    '#EXT-X-PLAYLIST-TYPE:EVENT',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-START:TIME-OFFSET=0',
    `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=${targetDurationSeconds * HOLD_BACK_TARGETS}`,
    `#EXT-X-MAP:URI="${quoted(initUri)}"`,
    ...segments.flatMap(({ index, durationSeconds }) => [`#EXTINF:${durationSeconds.toFixed(6)},`, uri(index)]),
    ...(ended ? ['#EXT-X-ENDLIST'] : []),
  ])
}

/** The list of rungs, in the order given: players begin with the first they can play. */
export function multivariantPlaylist({ rungs, uri }: { rungs: readonly Rung[]; uri: (rung: string) => string }): string {
  return lines([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-START:TIME-OFFSET=0',
    ...rungs.flatMap((rung) => [`#EXT-X-STREAM-INF:${attributes(rung)}`, uri(rung.name)]),
  ])
}

function attributes({ bandwidth, codecs, width, height, fps }: Rung): string {
  const size = width !== null && height !== null ? [`RESOLUTION=${width}x${height}`] : []
  const rate = fps !== null ? [`FRAME-RATE=${fps.toFixed(3)}`] : []
  return [`BANDWIDTH=${bandwidth}`, `CODECS="${quoted(codecs)}"`, ...size, ...rate].join(',')
}

/** A quoted string of a playlist holds neither quotes nor line ends (RFC 8216bis section 4.2). */
function quoted(text: string): string {
  if (/["\r\n]/.test(text)) throw new Error(`not allowed in a playlist: ${JSON.stringify(text)}`)
  return text
}

const lines = (all: string[]): string => `${all.join('\n')}\n`
