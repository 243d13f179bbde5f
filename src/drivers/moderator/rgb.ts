import type { StillFrame } from '../../ports/media-tool.ts'

/**
 * A frame as packed RGBA, made smaller by taking the mean of the luma each pixel covers and the nearest chroma: eyes and
 * classifiers see brightness finer than colour. Limited range (16 to 235), BT.709 (ITU-R BT.709-6, section 3), which HD is in.
 */
export function rgbaOf({ width, height, yuv420p }: StillFrame, to: { width: number; height: number }): Uint8ClampedArray<ArrayBuffer> {
  const [chromaWidth, chromaHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const u = width * height
  const v = u + chromaWidth * chromaHeight
  const rgba = new Uint8ClampedArray(to.width * to.height * 4)
  let at = 0
  for (let row = 0; row < to.height; row++) {
    const [top, bottom] = edges(row, to.height, height)
    for (let column = 0; column < to.width; column++) {
      const [left, right] = edges(column, to.width, width)
      let sum = 0
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += yuv420p[y * width + x] ?? 0
      const luma = (255 / 219) * (sum / ((bottom - top) * (right - left)) - 16)
      const chroma = (top >> 1) * chromaWidth + (left >> 1)
      const blue = (255 / 224) * ((yuv420p[u + chroma] ?? 128) - 128)
      const red = (255 / 224) * ((yuv420p[v + chroma] ?? 128) - 128)
      rgba[at++] = luma + 1.5748 * red
      rgba[at++] = luma - 0.1873 * blue - 0.4681 * red
      rgba[at++] = luma + 1.8556 * blue
      rgba[at++] = 255
    }
  }
  return rgba
}

/** From which to which pixel of `from` the pixel `index` of `to` reaches; at least one. */
function edges(index: number, to: number, from: number): [number, number] {
  const start = Math.floor((index * from) / to)
  return [start, Math.max(start + 1, Math.floor(((index + 1) * from) / to))]
}
