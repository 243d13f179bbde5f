/** One small picture of a storyboard sheet, in pixels of the sheet, and the time it stands for. */
export interface Still {
  startSeconds: number
  x: number
  y: number
  width: number
  height: number
}

const CUE = /(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})\s+-->[^\n]*\n[^\n]*#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)/g

/** Reads a thumbnails track: WebVTT whose cues are `sheet.jpg#xywh=x,y,w,h` (W3C Media Fragments). */
export function readStoryboard(vtt: string): Still[] {
  return [...vtt.replaceAll('\r', '').matchAll(CUE)].map((match) => {
    const [hours, minutes, seconds, thousandths, x, y, width, height] = match.slice(1).map((part) => Number(part ?? 0)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    return { startSeconds: hours * 3600 + minutes * 60 + seconds + thousandths / 1000, x, y, width, height }
  })
}

/** The still at a fraction 0 to 1 of the way across. */
export function stillAt(stills: Still[], fraction: number): Still | null {
  return stills[Math.min(stills.length - 1, Math.max(0, Math.floor(fraction * stills.length)))] ?? null
}
