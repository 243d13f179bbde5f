import type { Scene } from '../../../../../domain/generate.ts'
import { type Part, type Sheet, spoken } from '../part.ts'
import { body, fitText, heading } from '../text.ts'
import { growingBar, hasFigure, risingText } from './blocks.ts'
import { rings } from './ornaments.ts'

/** The end: the last thought, large, with the opening's rings, and the title below it. */
export function closingLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette, durationSeconds } = sheet
  const { content, unit, tall } = stage
  const line = scene.lines[0]
  const width = tall ? content.width : content.width * 0.84
  const text = fitText(scene.headline, {
    style: heading,
    box: { width, height: content.height * (line === undefined ? 0.84 : 0.64) },
    maxPx: (tall ? 66 : 74) * unit,
    minPx: 28 * unit,
    maxLines: tall ? 10 : 5,
  })
  const below =
    line === undefined
      ? undefined
      : fitText(line, { style: body, box: { width, height: 90 * unit }, maxPx: 28 * unit, minPx: 20 * unit, maxLines: 2 })
  const gap = 26 * unit
  const total = text.height + gap + 8 * unit + (below === undefined ? 0 : gap * 0.8 + below.height)
  const top = content.y + Math.max(0, (content.height - total) * 0.48)
  const { length } = spoken(durationSeconds)
  const parts: Part[] = [
    rings(sheet),
    risingText(
      'closing',
      text,
      { x: content.x, y: top },
      {
        start: 0.05,
        stagger: Math.min(0.16, (length * 0.6) / text.words.length),
        colour: (word) => (hasFigure(word.text) ? palette.accent : palette.ink),
        unit,
      },
    ),
    growingBar('bar', { x: content.x, y: top + text.height + gap, width: 108 * unit, height: 8 * unit }, palette.accent, 0.5),
  ]
  if (below !== undefined) {
    parts.push(
      risingText(
        'line',
        below,
        { x: content.x, y: top + text.height + gap * 1.8 + 8 * unit },
        { start: Math.min(1.4, durationSeconds * 0.4), stagger: 0.03, colour: () => palette.inkSoft, unit },
      ),
    )
  }
  return parts
}
