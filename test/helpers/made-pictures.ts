import { GREY_HEIGHT, GREY_WIDTH, STILLS_PER_SECOND, type StillFrame } from '../../src/ports/media-tool.ts'
import type { PictureFinder } from '../../src/quality/video/picture-finder.ts'

/** A place larger than a picture, in grey: noise whose strength falls with its frequency, as in a photograph. Of its seed alone. */
export interface Place {
  width: number
  height: number
  levels: Uint8Array
}

export function place(seed: number, width = 480, height = 200): Place {
  const levels = new Uint8Array(width * height)
  const octaves = [48, 24, 12, 6, 3].map((cell, n) => ({ cell, strength: 110 * 0.6 ** n, seed: seed * 31 + n }))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum = octaves.reduce((total, { cell, strength, seed: own }) => total + strength * (noise(x / cell, y / cell, own) - 0.5), 128)
      levels[y * width + x] = Math.max(16, Math.min(235, sum))
    }
  }
  return { width, height, levels }
}

/** The grey copy of what a camera sees of a place; `x` and `y` are its upper left corner. */
export function seen({ width, levels }: Place, x: number, y: number): Uint8Array {
  const grey = new Uint8Array(GREY_WIDTH * GREY_HEIGHT)
  for (let row = 0; row < GREY_HEIGHT; row++) {
    const from = (y + row) * width + x
    grey.set(levels.subarray(from, from + GREY_WIDTH), row * GREY_WIDTH)
  }
  return grey
}

/** A thing in front of it, in pixels of the grey copy: its own piece of a place, or one level. */
export interface Thing {
  x: number
  y: number
  width: number
  height: number
  skin: Place | number
  /** Blue and red as differences from grey; 0 when absent. */
  colour?: [number, number]
}

export function withThings(grey: Uint8Array, things: readonly Thing[]): Uint8Array {
  const painted = grey.slice()
  for (const thing of things) {
    eachPixel(thing, (at, column, row) => {
      const { skin } = thing
      painted[at] = typeof skin === 'number' ? skin : (skin.levels[row * skin.width + column] as number)
    })
  }
  return painted
}

/** A whole picture of 320 x 180 that shows the grey copy, each thing in its colour. */
export function stillOf(grey: Uint8Array, things: readonly Thing[] = []): StillFrame {
  const [width, height] = [2 * GREY_WIDTH, 2 * GREY_HEIGHT]
  const yuv420p = new Uint8Array(width * height * 1.5).fill(128)
  const painted = withThings(grey, things)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) yuv420p[y * width + x] = painted[(y >> 1) * GREY_WIDTH + (x >> 1)] as number
  }
  const planes = [yuv420p.subarray(width * height), yuv420p.subarray(width * height * 1.25)]
  for (const thing of things) {
    eachPixel(thing, (at) => {
      for (const [plane, pixels] of planes.entries()) pixels[at] = 128 + (thing.colour?.[plane] ?? 0)
    })
  }
  return { width, height, yuv420p }
}

function eachPixel({ x, y, width, height }: Thing, paint: (at: number, column: number, row: number) => void): void {
  for (let row = Math.max(0, -y); row < height && y + row < GREY_HEIGHT; row++) {
    for (let column = Math.max(0, -x); column < width && x + column < GREY_WIDTH; column++) {
      paint((y + row) * GREY_WIDTH + x + column, column, row)
    }
  }
}

/** Shows a finder a stretch of pictures as the finish does, and ends it. */
export function show(
  finder: PictureFinder,
  {
    seconds,
    fps = 30,
    grey,
    still,
  }: { seconds: number; fps?: number; grey: (at: number) => Uint8Array; still?: (at: number, grey: Uint8Array) => StillFrame },
): PictureFinder {
  let stills = 0
  for (let frame = 0; frame < Math.round(seconds * fps); frame++) {
    const at = frame / fps
    const picture = grey(at)
    finder.picture?.(at, at + 1 / fps, picture)
    if (frame < (stills * fps) / STILLS_PER_SECOND) continue
    stills += 1
    if (still) finder.still?.(at, at + 1 / STILLS_PER_SECOND, still(at, picture))
  }
  finder.close()
  return finder
}

/** Value noise, 0 to 1, smooth between whole numbers. */
function noise(x: number, y: number, seed: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [u, v] = [smooth(x - left), smooth(y - top)]
  const upper = hashed(left, top, seed) * (1 - u) + hashed(left + 1, top, seed) * u
  const lower = hashed(left, top + 1, seed) * (1 - u) + hashed(left + 1, top + 1, seed) * u
  return upper * (1 - v) + lower * v
}

const smooth = (t: number): number => t * t * (3 - 2 * t)

function hashed(x: number, y: number, seed: number): number {
  let hash = Math.imul(x, 374_761_393) ^ Math.imul(y, 668_265_263) ^ Math.imul(seed, 2_246_822_519)
  hash = Math.imul(hash ^ (hash >>> 13), 1_274_126_177)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}
