import { vttTime } from './captions.ts'

/** A picture made of equal tiles, left to right and top to bottom, one every `intervalSeconds` from 0. */
export interface Storyboard {
  columns: number
  rows: number
  tileWidth: number
  tileHeight: number
  /** Seconds between two tiles. */
  intervalSeconds: number
  count: number
}

/**
 * WebVTT that tells players which tile of the picture belongs to which time (`sprite.jpg#xywh=x,y,width,height`, the
 * spatial fragment of W3C Media Fragments 1.0, as read by media-chrome, Video.js and JW Player).
 * @param uri of the picture, relative to the VTT file
 */
export function storyboardVtt(storyboard: Storyboard, uri: string, durationSeconds: number): string {
  const { columns, tileWidth, tileHeight, intervalSeconds, count } = storyboard
  const cues = Array.from({ length: count }, (_, index) => {
    const start = index * intervalSeconds
    const end = index === count - 1 ? Math.max(durationSeconds, start + 0.001) : start + intervalSeconds
    const x = (index % columns) * tileWidth
    const y = Math.floor(index / columns) * tileHeight
    return `${vttTime(start)} --> ${vttTime(end)}\n${uri}#xywh=${x},${y},${tileWidth},${tileHeight}\n`
  })
  return `WEBVTT\n\n${cues.join('\n')}`
}
