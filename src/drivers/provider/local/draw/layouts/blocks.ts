import type { SKRSContext2D } from '@napi-rs/canvas'
import { easeOut, through } from '../ease.ts'
import type { Part } from '../part.ts'
import type { Box } from '../stage.ts'
import { drawText, type Look, type SetText, type Word } from '../text.ts'

/** A text whose words rise into place one after the other. */
export function risingText(
  name: string,
  set: SetText,
  at: Pick<Box, 'x' | 'y'>,
  options: { start: number; stagger: number; colour: (word: Word) => string; unit: number },
): Part {
  return {
    name,
    box: { x: at.x, y: at.y, width: set.width, height: set.height },
    draw(context, { seconds }) {
      drawText(context, set, at, (word, index) => rise(word, seconds, options.start + index * options.stagger, options))
    },
  }
}

function rise(word: Word, seconds: number, start: number, options: { colour: (word: Word) => string; unit: number }): Look {
  const p = easeOut(through(seconds, start, 0.55))
  return { colour: options.colour(word), alpha: p, dx: 0, dy: (1 - p) * 26 * options.unit }
}

/** A bar that grows from its left end. */
export function growingBar(name: string, box: Box, colour: string, start: number): Part {
  return {
    name,
    box,
    draw(context, { seconds }) {
      const p = easeOut(through(seconds, start, 0.7))
      if (p <= 0) return
      context.fillStyle = colour
      roundRect(context, { ...box, width: Math.max(box.height, box.width * p) }, box.height / 2)
    },
  }
}

export function roundRect(context: SKRSContext2D, box: Box, radius: number): void {
  context.beginPath()
  context.roundRect(box.x, box.y, box.width, box.height, Math.min(radius, box.width / 2, box.height / 2))
  context.fill()
}

/** Words that carry a figure. */
export function hasFigure(text: string): boolean {
  return /\d/.test(text)
}
