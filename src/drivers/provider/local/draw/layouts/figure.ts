import type { Figure, Scene } from '../../../../../domain/generate.ts'
import { easeInOut, easeOut, through } from '../ease.ts'
import { font } from '../fonts.ts'
import type { Part, Sheet } from '../part.ts'
import { body, fitText, heading, subheading, widthOf } from '../text.ts'
import { growingBar, risingText } from './blocks.ts'
import { countUp } from './count-up.ts'
import { dots } from './ornaments.ts'

/** One number as large as the page allows, counting up to itself; a share also fills a ring. */
export function figureLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette } = sheet
  const { content, unit, tall, wide } = stage
  const figure = scene.figures[0] as Figure
  const share = figure.unit === '%' && figure.value >= 0 && figure.value <= 100 && (tall || wide)
  const ringSide = !share
    ? 0
    : tall
      ? Math.min(content.width * 0.62, content.height * 0.34)
      : Math.min(content.width * 0.36, content.height * 0.86)
  const ringSpace = tall && share ? ringSide + 34 * unit : 0
  const room = content.height - ringSpace
  const column = tall || !share ? content.width : content.width - ringSide - 64 * unit
  const gap = 16 * unit
  const barHeight = 8 * unit
  // The parts of the column: with the gaps between them they never fill more than the room.
  const headline = fitText(scene.headline, {
    style: subheading,
    box: { width: column, height: room * 0.3 },
    maxPx: 42 * unit,
    minPx: 18 * unit,
    maxLines: 5,
  })
  const label = fitText(scene.lines[0] ?? figure.label, {
    style: body,
    box: { width: column, height: room * 0.15 },
    maxPx: 30 * unit,
    minPx: 18 * unit,
    maxLines: 2,
  })
  const number = fitText(figure.display, {
    style: heading,
    box: { width: column, height: room * 0.38 },
    maxPx: (tall ? 150 : 190) * unit,
    minPx: 18 * unit,
    maxLines: 1,
  })
  const { sizePx } = number
  const hasLabel = label.words.some((word) => word.text !== '')
  const columnHeight = number.height + (hasLabel ? label.height + gap * 0.4 : 0) + gap * 1.6 + barHeight + gap + headline.height
  const top = content.y + Math.max(0, (content.height - columnHeight - ringSpace) * 0.45) + ringSpace
  const parts: Part[] = share ? [] : [dots(sheet)]
  if (share) {
    const ring = tall
      ? { x: content.x, y: top - ringSpace, width: ringSide, height: ringSide }
      : { x: content.x + content.width - ringSide, y: content.y + (content.height - ringSide) / 2, width: ringSide, height: ringSide }
    parts.push(shareRing(figure.value / 100, ring, sheet))
  }
  const count = countUp(figure.display)
  const baseline = top + 0.98 * sizePx
  parts.push({
    name: 'number',
    box: { x: content.x, y: top, width: widthOf(figure.display, heading, sizePx), height: number.height },
    draw(context, { seconds }) {
      const p = easeOut(through(seconds, 0.05, 0.5))
      context.font = font(heading.weight, sizePx)
      context.letterSpacing = `${heading.tracking * sizePx}px`
      context.globalAlpha = p
      context.fillStyle = palette.accent
      context.fillText(count(easeInOut(through(seconds, 0.1, 1.5))), content.x, baseline + (1 - p) * 30 * unit)
      context.letterSpacing = '0px'
      context.globalAlpha = 1
    },
  })
  let y = top + number.height
  if (hasLabel) {
    y += gap * 0.4
    parts.push(risingText('label', label, { x: content.x, y }, { start: 0.45, stagger: 0.03, colour: () => palette.inkSoft, unit }))
    y += label.height
  }
  y += gap * 1.6
  parts.push(growingBar('bar', { x: content.x, y, width: 108 * unit, height: barHeight }, palette.accentDeep, 0.5))
  y += barHeight + gap
  parts.push(risingText('headline', headline, { x: content.x, y }, { start: 0.75, stagger: 0.04, colour: () => palette.ink, unit }))
  return parts
}

function shareRing(share: number, box: Part['box'], { palette, stage }: Sheet): Part {
  const { unit } = stage
  return {
    name: 'ring',
    box,
    draw(context, { seconds }) {
      const thick = box.width * 0.13
      const radius = box.width / 2 - thick / 2
      const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
      const come = easeOut(through(seconds, 0.05, 0.6))
      const grown = easeInOut(through(seconds, 0.15, 1.5)) * share
      context.lineCap = 'round'
      context.lineWidth = thick
      context.globalAlpha = come
      context.strokeStyle = palette.card
      context.beginPath()
      context.arc(centre.x, centre.y, radius, 0, 2 * Math.PI)
      context.stroke()
      if (grown > 0.002) {
        context.strokeStyle = palette.accent
        context.beginPath()
        context.arc(centre.x, centre.y, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(0.9999, grown))
        context.stroke()
      }
      // Marks like those of a dial, turning slowly.
      context.lineWidth = 2.5 * unit
      context.strokeStyle = palette.inkFaint
      for (let n = 0; n < 36; n++) {
        const angle = (n / 36) * 2 * Math.PI + seconds * 0.12
        const inner = radius - thick * 0.95
        context.beginPath()
        context.moveTo(centre.x + Math.cos(angle) * inner, centre.y + Math.sin(angle) * inner)
        context.lineTo(centre.x + Math.cos(angle) * (inner - 9 * unit), centre.y + Math.sin(angle) * (inner - 9 * unit))
        context.stroke()
      }
      context.globalAlpha = 1
    },
  }
}
