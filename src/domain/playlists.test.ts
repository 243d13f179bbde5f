import { describe, expect, it } from 'vitest'
import type { Rung } from './asset.ts'
import { mediaPlaylist, multivariantPlaylist } from './playlists.ts'

const growing = {
  segments: [
    { index: 0, durationSeconds: 2 },
    { index: 1, durationSeconds: 1.2 },
  ],
  ended: false,
  uri: (index: number) => `${index}.m4s`,
  initUri: 'init.mp4',
  targetDurationSeconds: 2,
}

const rung = (name: string, width: number | null, height: number | null): Rung => ({
  name,
  width,
  height,
  bandwidth: 3_128_000,
  codecs: width ? 'avc1.64001f,mp4a.40.2' : 'mp4a.40.2',
  fps: width ? 30 : null,
  init: { objectKey: 'x', sizeBytes: 1, sha256: 'x' },
})

describe('a media playlist', () => {
  it('is, while it grows, an EVENT that starts at the beginning', () => {
    expect(mediaPlaylist(growing)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.000000,
0.m4s
#EXTINF:1.200000,
1.m4s
`)
  })

  it('only gains lines when it ends', () => {
    expect(mediaPlaylist({ ...growing, ended: true })).toBe(`${mediaPlaylist(growing)}#EXT-X-ENDLIST\n`)
  })

  it('refuses an address that would break out of its quotes', () => {
    expect(() => mediaPlaylist({ ...growing, initUri: 'a"b' })).toThrow('not allowed')
  })
})

describe('a multivariant playlist', () => {
  it('names size, rate and codecs of every rung', () => {
    expect(multivariantPlaylist({ rungs: [rung('720p', 1280, 720)], uri: (name) => `${name}/index.m3u8` })).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-STREAM-INF:BANDWIDTH=3128000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000
720p/index.m3u8
`)
  })

  it('has no picture attributes for sound', () => {
    const text = multivariantPlaylist({ rungs: [rung('audio', null, null)], uri: (name) => `${name}/index.m3u8` })
    expect(text).toContain('#EXT-X-STREAM-INF:BANDWIDTH=3128000,CODECS="mp4a.40.2"\naudio/index.m3u8')
  })
})
