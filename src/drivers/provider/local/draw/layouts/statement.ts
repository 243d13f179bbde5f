import type { Scene } from '../../../../../domain/generate.ts'
import { easeOut, mix, through } from '../ease.ts'
import { type Part, type Sheet, spoken } from '../part.ts'
import { body, drawText, fitText, subheading } from '../text.ts'
import { growingBar, hasFigure, risingText } from './blocks.ts'
import { dots } from './ornaments.ts'

/** One thought in large type. Its words stand there dimly and light up as they are spoken. */
export function statementLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette, durationSeconds } = sheet
  const { content, unit, tall } = stage
  const indent = tall ? 0 : 34 * unit
  const width = tall ? content.width : content.width * 0.9 - indent
  const line = scene.lines[0]
  const text = fitText(scene.headline, {
    style: subheading,
    box: { width, height: content.height * (line === undefined ? 0.94 : 0.7) },
    maxPx: (tall ? 68 : 70) * unit,
    minPx: 26 * unit,
    maxLines: tall ? 12 : 6,
  })
  const below =
    line === undefined
      ? undefined
      : fitText(line, { style: body, box: { width, height: content.height * 0.22 }, maxPx: 30 * unit, minPx: 20 * unit, maxLines: 3 })
  const total = text.height + (below === undefined ? 0 : 22 * unit + below.height)
  const top = content.y + (content.height - total) * 0.46
  const at = { x: content.x + indent, y: top }
  const { start, length } = spoken(durationSeconds)
  const letters = text.words.reduce((sum, word) => sum + word.text.length + 1, 0)
  let before = 0
  const times = text.words.map((word) => {
    const time = start + (length * before) / letters
    before += word.text.length + 1
    return time
  })
  const parts: Part[] = [
    dots(sheet),
    {
      name: 'statement',
      box: { ...at, width: text.width, height: text.height },
      draw(context, { seconds }) {
        drawText(context, text, at, (word, index) => {
          const come = easeOut(through(seconds, 0.03 * word.line, 0.5))
          const lit = easeOut(through(seconds, times[index] as number, 0.45))
          return {
            colour: hasFigure(word.text) ? palette.accent : palette.ink,
            alpha: come * mix(0.3, 1, lit),
            dx: 0,
            dy: (1 - come) * 22 * unit,
          }
        })
      },
    },
  ]
  const rule = {
    x: content.x,
    y: tall ? top - 30 * unit : top + 8 * unit,
    width: tall ? 90 * unit : 7 * unit,
    height: tall ? 8 * unit : total - 8 * unit,
  }
  parts.push(tall ? growingBar('rule', rule, palette.accent, 0.1) : fallingBar(rule, palette.accent))
  if (below !== undefined) {
    parts.push(
      risingText(
        'line',
        below,
        { x: at.x, y: top + text.height + 22 * unit },
        { start: Math.min(1.2, durationSeconds * 0.3), stagger: 0.02, colour: () => palette.inkSoft, unit },
      ),
    )
  }
  return parts
}

function fallingBar(box: Part['box'], colour: string): Part {
  return {
    name: 'rule',
    box,
    draw(context, { seconds }) {
      const p = easeOut(through(seconds, 0.1, 0.8))
      if (p <= 0) return
      context.fillStyle = colour
      context.beginPath()
      context.roundRect(box.x, box.y, box.width, Math.max(box.width, box.height * p), box.width / 2)
      context.fill()
    },
  }
}
