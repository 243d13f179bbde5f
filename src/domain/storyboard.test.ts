import { expect, test } from 'vitest'
import { storyboardVtt } from './storyboard.ts'

test('each tile has its time and its place; the last ends with the video', () => {
  const storyboard = { columns: 2, rows: 2, tileWidth: 160, tileHeight: 90, intervalSeconds: 2, count: 3 }
  expect(storyboardVtt(storyboard, 'storyboard.jpg', 5.5)).toBe(`WEBVTT

00:00:00.000 --> 00:00:02.000
storyboard.jpg#xywh=0,0,160,90

00:00:02.000 --> 00:00:04.000
storyboard.jpg#xywh=160,0,160,90

00:00:04.000 --> 00:00:05.500
storyboard.jpg#xywh=0,90,160,90
`)
})
