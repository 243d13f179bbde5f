import { describe, expect, it } from 'vitest'
import { readStoryboard, stillAt } from './storyboard.ts'

const VTT = `WEBVTT

00:00.000 --> 00:02.000
storyboard.jpg#xywh=0,0,160,90

00:00:02.000 --> 00:00:04.000
storyboard.jpg#xywh=160,0,160,90

01:00:04.500 --> 01:00:06.000
storyboard.jpg#xywh=pixel:0,90,160,90
`

describe('a storyboard', () => {
  it('is read with short and long times, and with the unit said or not', () => {
    expect(readStoryboard(VTT)).toEqual([
      { startSeconds: 0, x: 0, y: 0, width: 160, height: 90 },
      { startSeconds: 2, x: 160, y: 0, width: 160, height: 90 },
      { startSeconds: 3604.5, x: 0, y: 90, width: 160, height: 90 },
    ])
    expect(readStoryboard(VTT.replaceAll('\n', '\r\n'))).toHaveLength(3)
    expect(readStoryboard('WEBVTT\n')).toEqual([])
  })

  it('gives the still under the pointer, the ends included', () => {
    const stills = readStoryboard(VTT)
    expect([-0.1, 0, 0.34, 0.99, 1].map((fraction) => stillAt(stills, fraction)?.startSeconds)).toEqual([0, 0, 2, 3604.5, 3604.5])
    expect(stillAt([], 0.5)).toBeNull()
  })
})
