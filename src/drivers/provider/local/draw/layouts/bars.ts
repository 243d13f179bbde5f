import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Figure, Scene } from '../../../../../domain/generate.ts'
import { easeInOut, easeOut, through } from '../ease.ts'
import { font } from '../fonts.ts'
import { type Part, type Sheet, spoken } from '../part.ts'
import { body, fitText, type SetText, subheading, type TextStyle, widthOf } from '../text.ts'
import { risingText } from './blocks.ts'
import { countUp } from './count-up.ts'

const MAX_BARS = 6
const valueStyle: TextStyle = { weight: 700, tracking: -0.01, leading: 1.2 }

/** Comparable figures side by side: columns where the labels are years, bars otherwise. */
export function barsLayout(scene: Scene, sheet: Sheet): Part[] {
  const { stage, palette } = sheet
  const { content, unit, tall } = stage
  const figures = scene.figures.slice(0, MAX_BARS)
  const headline = fitText(scene.headline, {
    style: subheading,
    box: { width: content.width, height: content.height * 0.3 },
    maxPx: 46 * unit,
    minPx: 22 * unit,
    maxLines: tall ? 4 : 2,
  })
  const gap = 30 * unit
  const chart = { x: content.x, y: content.y + headline.height + gap, width: content.width, height: content.height - headline.height - gap }
  const years = figures.every(({ label }) => /^\d{4}$/.test(label))
  return [
    risingText('headline', headline, { x: content.x, y: content.y }, { start: 0.02, stagger: 0.04, colour: () => palette.ink, unit }),
    ...(years ? columns(figures, chart, sheet) : rows(figures, chart, sheet)),
  ]
}

/** The share of the largest, with a sliver for what is nearly nothing. */
function sharesOf(figures: Figure[]): number[] {
  const most = Math.max(...figures.map(({ value }) => Math.abs(value)), 1e-12)
  return figures.map(({ value }) => Math.max(0.02, Math.abs(value) / most))
}

/** When each bar begins to grow, in step with the telling. */
function startsOf(count: number, durationSeconds: number): number[] {
  const { start, length } = spoken(durationSeconds)
  return Array.from({ length: count }, (_, n) => Math.max(0.2 + 0.15 * n, start + (length * 0.6 * n) / count))
}

function rows(figures: Figure[], chart: Part['box'], { stage, palette, durationSeconds }: Sheet): Part[] {
  const { unit, tall } = stage
  const starts = startsOf(figures.length, durationSeconds)
  const shares = sharesOf(figures)
  const gap = (figures.length > 4 ? 12 : 22) * unit
  const step = Math.min((tall ? 132 : 124) * unit, (chart.height + gap) / figures.length)
  const height = step - gap
  const stacked = tall
  const labelWidth = stacked
    ? chart.width
    : Math.min(chart.width * 0.3, Math.max(...figures.map(({ label }) => widthOf(label, body, 34 * unit))) + 4)
  const valuePx = Math.min(46 * unit, height * (stacked ? 0.44 : 0.62))
  const valueWidth = Math.max(...figures.map(({ display }) => widthOf(display, valueStyle, valuePx)))
  const labels = figures.map(({ label }) =>
    fitText(label, {
      style: body,
      box: { width: labelWidth, height: stacked ? height * 0.5 : height },
      maxPx: 34 * unit,
      minPx: 13 * unit,
      maxLines: stacked ? 1 : 2,
      balanced: false,
    }),
  )
  const top = chart.y + Math.max(0, (chart.height - step * figures.length + gap) * 0.4)
  return figures.flatMap((figure, n): Part[] => {
    const label = labels[n] as SetText
    const y = top + n * step
    const barX = stacked ? chart.x : chart.x + labelWidth + 24 * unit
    const barRoom = chart.x + chart.width - barX - valueWidth - 20 * unit
    const thick = stacked ? Math.min(34 * unit, height * 0.42) : Math.min(62 * unit, height)
    const barY = stacked ? y + label.height + 4 * unit : y + (height - thick) / 2
    const full = barRoom * (shares[n] as number)
    const count = countUp(figure.display)
    const start = starts[n] as number
    const labelAt = { x: chart.x, y: stacked ? y : y + (height - label.height) / 2 }
    return [
      risingText(`label ${n + 1}`, label, labelAt, { start: start - 0.1, stagger: 0.02, colour: () => palette.inkSoft, unit }),
      {
        name: `bar ${n + 1}`,
        box: { x: barX, y: barY, width: full + 20 * unit + valueWidth, height: thick },
        draw(context, { seconds }) {
          const come = easeOut(through(seconds, start - 0.1, 0.4))
          if (come <= 0) return
          const grown = easeInOut(through(seconds, start, 1.1))
          context.globalAlpha = come
          const length = Math.max(thick, full * grown)
          fillBar(
            context,
            { x: barX, y: barY, width: length, height: thick },
            [barX, 0, barX + Math.max(length, thick), 0],
            n === indexOfMost(figures) ? [palette.accentDeep, palette.accent] : [palette.inkFaint, palette.inkSoft],
            12 * unit,
          )
          value(context, count(grown), barX + length + 18 * unit, barY + thick / 2, valuePx, palette.ink)
          context.globalAlpha = 1
        },
      },
    ]
  })
}

function columns(figures: Figure[], chart: Part['box'], { stage, palette, durationSeconds }: Sheet): Part[] {
  const { unit } = stage
  const starts = startsOf(figures.length, durationSeconds)
  const shares = sharesOf(figures)
  const slot = Math.min(chart.width / figures.length, 340 * unit)
  const left = chart.x + (figures.length <= 3 ? 0 : (chart.width - slot * figures.length) / 2)
  const thick = Math.min(190 * unit, slot * 0.6)
  let valuePx = Math.min(44 * unit, chart.height * 0.14)
  while (valuePx > 12 * unit && Math.max(...figures.map(({ display }) => widthOf(display, valueStyle, valuePx))) > slot - 8 * unit)
    valuePx *= 0.95
  const labelPx = Math.min(30 * unit, valuePx)
  const labelHeight = labelPx * 1.6
  const valueHeight = valuePx * 1.35
  const room = chart.height - labelHeight - valueHeight
  const floor = chart.y + valueHeight + room
  const axis: Part = {
    name: 'axis',
    box: { x: left, y: floor, width: slot * figures.length, height: 3 * unit },
    draw(context, { seconds }) {
      context.globalAlpha = easeOut(through(seconds, 0.1, 0.6))
      context.fillStyle = palette.inkFaint
      context.fillRect(left, floor, slot * figures.length * easeOut(through(seconds, 0.1, 0.9)), 3 * unit)
      context.globalAlpha = 1
    },
  }
  return [
    axis,
    ...figures.map((figure, n): Part => {
      const x = left + n * slot + (slot - thick) / 2
      const full = room * (shares[n] as number)
      const count = countUp(figure.display)
      const start = starts[n] as number
      return {
        name: `column ${n + 1}`,
        box: { x: left + n * slot, y: floor - full - valueHeight, width: slot, height: full + valueHeight },
        draw(context, { seconds }) {
          const come = easeOut(through(seconds, start - 0.1, 0.4))
          if (come <= 0) return
          const grown = easeInOut(through(seconds, start, 1.1))
          const height = Math.max(4 * unit, full * grown)
          context.globalAlpha = come
          const colours: [string, string] =
            n === indexOfMost(figures) ? [palette.accentDeep, palette.accent] : [palette.inkFaint, palette.inkSoft]
          fillBar(context, { x, y: floor - height, width: thick, height }, [0, floor, 0, floor - height], colours, 12 * unit, true)
          context.textAlign = 'center'
          value(context, count(grown), x + thick / 2, floor - height - valueHeight * 0.52, valuePx, palette.ink)
          context.font = font(600, labelPx)
          context.fillStyle = palette.inkSoft
          context.fillText(figure.label, x + thick / 2, floor + labelPx * 1.3)
          context.textAlign = 'left'
          context.globalAlpha = 1
        },
      }
    }),
  ]
}

function indexOfMost(figures: Figure[]): number {
  return figures.reduce((best, figure, n) => (figure.value > (figures[best] as Figure).value ? n : best), 0)
}

function fillBar(
  context: SKRSContext2D,
  box: Part['box'],
  [x0, y0, x1, y1]: [number, number, number, number],
  colours: [string, string],
  radius: number,
  standing = false,
): void {
  const fill = context.createLinearGradient(x0, y0, x1, y1)
  fill.addColorStop(0, colours[0])
  fill.addColorStop(1, colours[1])
  context.fillStyle = fill
  // A column stands on its axis: only its upper corners are round.
  const r = Math.min(radius, box.width / 2, standing ? box.height : box.height / 2)
  context.beginPath()
  context.roundRect(box.x, box.y, box.width, box.height, standing ? [r, r, 0, 0] : r)
  context.fill()
}

function value(context: SKRSContext2D, text: string, x: number, middle: number, sizePx: number, colour: string): void {
  context.font = font(valueStyle.weight, sizePx)
  context.letterSpacing = `${valueStyle.tracking * sizePx}px`
  context.fillStyle = colour
  context.fillText(text, x, middle + sizePx * 0.36)
  context.letterSpacing = '0px'
}
