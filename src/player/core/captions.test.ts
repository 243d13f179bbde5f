import { describe, expect, it } from 'vitest'
import { changedCues, parseWebVtt } from './captions.ts'

describe('parseWebVtt', () => {
  it('reads cues with and without ids, settings, hours and several lines', () => {
    const file =
      '\uFEFFWEBVTT\r\n\r\nNOTE made today\r\n\r\n1\r\n00:01.000 --> 00:02.500 line:80%\r\n- One\r\n- Two\r\n\r\n01:00:00.000 --> 01:00:01.250\r\nLater\r\n'
    expect(parseWebVtt(file)).toEqual([
      { startSeconds: 1, endSeconds: 2.5, text: '- One\n- Two' },
      { startSeconds: 3600, endSeconds: 3601.25, text: 'Later' },
    ])
  })

  it('passes over what makes no sense', () => {
    expect(parseWebVtt('WEBVTT\n\n00:02.000 --> 00:01.000\nback in time\n\n00:03.000 --> 00:04.000\n\nno text')).toEqual([])
    expect(parseWebVtt('<html>')).toEqual([])
  })
})

describe('changedCues', () => {
  const cue = (start: number, text: string) => ({ startSeconds: start, endSeconds: start + 1, text })

  it('only adds when a file grew', () => {
    expect(changedCues([cue(0, 'a')], [cue(0, 'a'), cue(1, 'b'), cue(1, 'b')])).toEqual({ remove: [], add: [cue(1, 'b')] })
  })

  it('replaces a cue whose time or text was mended', () => {
    expect(changedCues([cue(0, 'a'), cue(1, 'b')], [cue(0, 'a'), cue(1.2, 'b')])).toEqual({ remove: [cue(1, 'b')], add: [cue(1.2, 'b')] })
  })
})
