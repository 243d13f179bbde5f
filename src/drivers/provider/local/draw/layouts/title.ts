import type { Scene } from '../../../../../domain/generate.ts'
import { easeOut, through } from '../ease.ts'
import type { Part, Sheet } from '../part.ts'
import { body, fitText, heading } from '../text.ts'
import { growingBar, risingText } from './blocks.ts'

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
  const below = line === undefined ? undefined : fitText(line, { style: body, box: { width: width * 0.92, height: 110 * unit }, maxPx: 32 * unit, minPx: 22 * unit, maxLines: 3 })
  const gap = 30 * unit
  const total = barHeight + gap + headline.height + (below === undefined ? 0 : gap * 0.5 + below.height)
  const top = content.y + Math.max(0, (content.height - total) * (tall ? 0.42 : 0.5))
  const headlineTop = top + barHeight + gap
  const parts: Part[] = [
    rings(sheet),
    growingBar('bar', { x: content.x, y: top, width: 108 * unit, height: barHeight }, palette.accent, 0.05),
    risingText('headline', headline, { x: content.x, y: headlineTop }, { start: 0.02, stagger: Math.min(0.09, 0.7 / headline.words.length), colour: () => palette.ink, unit }),
  ]
  if (below !== undefined) {
    parts.push(risingText('line', below, { x: content.x, y: headlineTop + headline.height + gap * 0.5 }, { start: 0.55, stagger: 0.025, colour: () => palette.inkSoft, unit }))
  }
  return parts
}

/** Arcs around a centre beyond the right edge, with a bright point on its way along one of them. */
export function rings({ stage, palette }: Sheet): Part {
  const { width, height, unit, tall } = stage
  const x = tall ? width * 0.98 : width * 0.985
  const y = tall ? height * 0.12 : height * 0.3
  return {
    name: 'rings',
    ornament: true,
    box: { x: 0, y: 0, width, height },
    draw(context, { seconds }) {
      for (let n = 0; n < 5; n++) {
        const p = easeOut(through(seconds, n * 0.06, 1.1))
        const radius = (86 + n * 62) * unit * (0.8 + 0.2 * p)
        const turn = seconds * (0.5 - 0.07 * n) * (n % 2 === 0 ? 1 : -1) + n * 1.3
        context.globalAlpha = p * (0.34 - 0.05 * n)
        context.lineWidth = (n % 2 === 0 ? 2 : 9) * unit
        context.lineCap = 'round'
        context.strokeStyle = n === 1 ? palette.accent : palette.inkSoft
        context.beginPath()
        context.arc(x, y, radius, turn, turn + Math.PI * (1.1 + 0.12 * n))
        context.stroke()
      }
      const angle = Math.PI * 0.72 + seconds * 0.55
      context.globalAlpha = easeOut(through(seconds, 0.4, 0.6))
      context.fillStyle = palette.accent
      context.beginPath()
      context.arc(x + Math.cos(angle) * 210 * unit, y + Math.sin(angle) * 210 * unit, 11 * unit, 0, 2 * Math.PI)
      context.fill()
      context.globalAlpha = 1
    },
  }
}
