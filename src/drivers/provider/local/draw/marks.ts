import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Scene } from '../../../../domain/generate.ts'
import { roundRect } from './layouts/blocks.ts'
import type { Sheet } from './part.ts'

/** Dashes along the upper edge, one per scene; the present one fills with its time. */
export function prepareMarks({ index, count }: Scene, { stage, palette }: Sheet): (context: SKRSContext2D, done: number) => void {
  const { marks, unit } = stage
  const gap = 8 * unit
  const width = (marks.width - gap * (count - 1)) / Math.max(1, count)
  return (context, done) => {
    for (let n = 0; n < count; n++) {
      const box = { ...marks, x: marks.x + n * (width + gap), width }
      context.fillStyle = palette.inkFaint
      roundRect(context, box, box.height / 2)
      const filled = n < index ? 1 : n === index ? done : 0
      if (filled === 0) continue
      context.fillStyle = palette.ink
      roundRect(context, { ...box, width: Math.max(box.height, width * filled) }, box.height / 2)
    }
  }
}
