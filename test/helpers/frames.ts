import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import type { StillFrame } from '../../src/ports/media-tool.ts'

/** What is drawn, as FFmpeg would hand it over: planar YUV 4:2:0, limited range, BT.709 (ITU-R BT.709-6, section 3). Even sizes. */
export function drawnFrame(width: number, height: number, draw: (context: SKRSContext2D) => void): StillFrame {
  const context = createCanvas(width, height).getContext('2d')
  draw(context)
  const { data } = context.getImageData(0, 0, width, height)
  const yuv420p = new Uint8Array(width * height * 1.5)
  const [u, v] = [width * height, width * height * 1.25]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x)
      const [red = 0, green = 0, blue = 0] = [data[at], data[at + 1], data[at + 2]]
      const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
      yuv420p[y * width + x] = Math.round(16 + luma * (219 / 255))
      if (y % 2 === 1 || x % 2 === 1) continue
      const chroma = (y / 2) * (width / 2) + x / 2
      yuv420p[u + chroma] = Math.round(128 + ((blue - luma) / 1.8556) * (224 / 255))
      yuv420p[v + chroma] = Math.round(128 + ((red - luma) / 1.5748) * (224 / 255))
    }
  }
  return { width, height, yuv420p }
}

/** A frame of one colour, by its name in CSS. */
export function colouredFrame(width: number, height: number, colour: string): StillFrame {
  return drawnFrame(width, height, (context) => {
    context.fillStyle = colour
    context.fillRect(0, 0, width, height)
  })
}
