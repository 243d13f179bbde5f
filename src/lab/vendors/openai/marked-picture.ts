import { createCanvas, loadImage } from '@napi-rs/canvas'

const SIDE = 16
/** Of the picture that must be magenta. */
const LEAST_SHARE = 0.25

/** Whether a picture at a `data:` address is mostly magenta: the colour nobody paints with, so that a marked one is marked on purpose. */
export async function isMarked(address: string): Promise<boolean> {
  const picture = await loadImage(Buffer.from(address.slice(address.indexOf(',') + 1), 'base64')).catch(() => undefined)
  if (picture === undefined) return false
  const context = createCanvas(SIDE, SIDE).getContext('2d')
  context.drawImage(picture, 0, 0, SIDE, SIDE)
  const { data } = context.getImageData(0, 0, SIDE, SIDE)
  let magenta = 0
  for (let at = 0; at < data.length; at += 4) if ((data[at] ?? 0) > 200 && (data[at + 1] ?? 0) < 90 && (data[at + 2] ?? 0) > 200) magenta++
  return magenta >= LEAST_SHARE * SIDE * SIDE
}
