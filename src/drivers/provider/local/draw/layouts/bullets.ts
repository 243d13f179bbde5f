import type { Scene } from '../../../../../domain/generate.ts'
import { easeBack, easeOut, through } from '../ease.ts'
import { font } from '../fonts.ts'
import { type Part, type Sheet, spoken } from '../part.ts'
import { body, drawText, fitText, type SetText, subheading } from '../text.ts'
import { hasFigure, risingText, roundRect } from './blocks.ts'

const MAX_ROWS = 6

/** A headline and one to six points, each on a card that comes as it is spoken. */
export function bulletsLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette, durationSeconds } = sheet
  const { content, unit, tall } = stage
  const lines = scene.lines.slice(0, MAX_ROWS)
  const headline = fitText(scene.headline, {
    style: subheading,
    box: { width: content.width * (tall ? 1 : 0.92), height: content.height * (lines.length > 4 ? 0.24 : 0.3) },
    maxPx: 56 * unit,
    minPx: 24 * unit,
    maxLines: tall ? 4 : 2,
  })
  const headGap = 26 * unit
  const gap = (lines.length > 4 ? 10 : 16) * unit
  const room = content.height - headline.height - headGap
  const rowRoom = (room - gap * (lines.length - 1)) / Math.max(1, lines.length)
  const pad = { x: 28 * unit, y: Math.min(24 * unit, rowRoom * 0.14) }
  const badge = Math.min(50 * unit, rowRoom - 2 * pad.y)
  const textWidth = content.width - 3 * pad.x - badge
  const sets = setAlike(
    lines,
    { width: textWidth, height: rowRoom - 2 * pad.y },
    (lines.length > 3 ? 36 : 44) * unit,
    17 * unit,
    tall ? 4 : 3,
  )
  const heights = sets.map((set) => Math.max(set.height, badge) + 2 * pad.y)
  const total = headline.height + headGap + heights.reduce((sum, height) => sum + height, 0) + gap * (lines.length - 1)
  const top = content.y + Math.max(0, (content.height - total) * 0.42)
  const parts: Part[] = [
    risingText('headline', headline, { x: content.x, y: top }, { start: 0.02, stagger: 0.05, colour: () => palette.ink, unit }),
  ]
  const { start, length } = spoken(durationSeconds)
  let y = top + headline.height + headGap
  sets.forEach((set, index) => {
    const box = { x: content.x, y, width: content.width, height: heights[index] as number }
    // The last one leaves time to be read.
    const comes = Math.max(0.25 + 0.12 * index, start + (length * 0.85 * index) / lines.length)
    parts.push(card(set, index, box, { pad, badge, comes }, sheet))
    y += box.height + gap
  })
  return parts
}

function card(
  set: SetText,
  index: number,
  box: Part['box'],
  { pad, badge, comes }: { pad: { x: number; y: number }; badge: number; comes: number },
  { stage, palette }: Sheet,
): Part {
  const { unit } = stage
  return {
    name: `point ${index + 1}`,
    box,
    draw(context, { seconds }) {
      const p = easeOut(through(seconds, comes, 0.6))
      if (p <= 0) return
      const shift = (1 - p) * 46 * unit
      context.globalAlpha = p
      context.fillStyle = palette.card
      roundRect(context, { ...box, x: box.x + shift, width: box.width - shift }, 18 * unit)
      const centre = { x: box.x + shift + pad.x + badge / 2, y: box.y + box.height / 2 }
      const size = badge * 0.5 * easeBack(through(seconds, comes + 0.1, 0.5))
      context.fillStyle = palette.accent
      context.beginPath()
      context.arc(centre.x, centre.y, Math.max(0, size), 0, 2 * Math.PI)
      context.fill()
      context.fillStyle = palette.onAccent
      context.font = font(800, badge * 0.52)
      context.letterSpacing = '0px'
      context.textAlign = 'center'
      context.fillText(String(index + 1), centre.x, centre.y + badge * 0.185)
      context.textAlign = 'left'
      const at = { x: box.x + shift + 2 * pad.x + badge, y: box.y + (box.height - set.height) / 2 - 0.02 * set.sizePx }
      drawText(context, set, at, (word) => ({ colour: hasFigure(word.text) ? palette.accent : palette.ink, alpha: p, dx: 0, dy: 0 }))
    },
  }
}

/** All lines in the size the longest one allows. */
function setAlike(lines: string[], box: { width: number; height: number }, maxPx: number, minPx: number, maxLines: number): SetText[] {
  const fit = { style: body, box, minPx, maxLines }
  const sizePx = Math.min(maxPx, ...lines.map((line) => fitText(line, { ...fit, maxPx }).sizePx))
  return lines.map((line) => fitText(line, { ...fit, maxPx: sizePx }))
}
