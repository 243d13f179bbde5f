import type { Scene } from '../../../../../domain/generate.ts'
import type { Part, Sheet } from '../part.ts'
import { body, fitText, heading } from '../text.ts'
import { growingBar, risingText } from './blocks.ts'
import { rings } from './ornaments.ts'

/** The opening: a large headline, a line below it, rings turning at the edge. */
export function titleLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette } = sheet
  const { content, unit, tall } = stage
  const width = tall ? content.width : content.width * 0.8
  const line = scene.lines[0]
  const barHeight = 9 * unit
  const headline = fitText(scene.headline, {
    style: heading,
    box: { width, height: content.height * (line === undefined ? 0.82 : 0.64) },
    maxPx: (tall ? 84 : 100) * unit,
    minPx: 30 * unit,
    maxLines: tall ? 8 : 4,
  })
  const below =
    line === undefined
      ? undefined
      : fitText(line, { style: body, box: { width: width * 0.92, height: 110 * unit }, maxPx: 32 * unit, minPx: 22 * unit, maxLines: 3 })
  const gap = 30 * unit
  const total = barHeight + gap + headline.height + (below === undefined ? 0 : gap * 0.5 + below.height)
  const top = content.y + Math.max(0, (content.height - total) * (tall ? 0.42 : 0.5))
  const headlineTop = top + barHeight + gap
  const parts: Part[] = [
    rings(sheet),
    growingBar('bar', { x: content.x, y: top, width: 108 * unit, height: barHeight }, palette.accent, 0.05),
    risingText(
      'headline',
      headline,
      { x: content.x, y: headlineTop },
      { start: 0.02, stagger: Math.min(0.09, 0.7 / headline.words.length), colour: () => palette.ink, unit },
    ),
  ]
  if (below !== undefined) {
    parts.push(
      risingText(
        'line',
        below,
        { x: content.x, y: headlineTop + headline.height + gap * 0.5 },
        { start: 0.55, stagger: 0.025, colour: () => palette.inkSoft, unit },
      ),
    )
  }
  return parts
}
