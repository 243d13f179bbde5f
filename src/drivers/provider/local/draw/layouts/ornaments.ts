import { easeOut, through } from '../ease.ts'
import type { Part, Sheet } from '../part.ts'

/** Arcs around a centre beyond the right edge, with a bright point on its way along one of them. */
export function rings({ stage, palette }: Sheet): Part {
  const { width, height, unit, tall } = stage
  const x = width * 0.985
  const y = tall ? height * 0.12 : height * 0.3
  return {
    name: 'rings',
    ornament: true,
    box: { x: 0, y: 0, width, height },
    draw(context, { seconds }) {
      context.lineCap = 'round'
      for (let n = 0; n < 5; n++) {
        const p = easeOut(through(seconds, n * 0.06, 1.1))
        const radius = (86 + n * 62) * unit * (0.8 + 0.2 * p)
        const turn = seconds * (0.5 - 0.07 * n) * (n % 2 === 0 ? 1 : -1) + n * 1.3
        context.globalAlpha = p * (0.36 - 0.05 * n)
        context.lineWidth = (n % 2 === 0 ? 2 : 9) * unit
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

const COLUMNS = 13
const ROWS = 9

/** A field of dots at the right edge through which a slow wave runs. Bears no meaning. */
export function dots({ stage, palette }: Sheet, strength = 1): Part {
  const { width, height, unit, tall } = stage
  const step = 34 * unit
  const left = width - (COLUMNS - 0.2) * step
  const top = tall ? height - 210 * unit - ROWS * step : height - 150 * unit - ROWS * step
  return {
    name: 'dots',
    ornament: true,
    box: { x: left, y: top, width: width - left, height: ROWS * step },
    draw(context, { seconds }) {
      const come = easeOut(through(seconds, 0.1, 1.2)) * strength
      context.fillStyle = palette.inkSoft
      for (let column = 0; column < COLUMNS; column++) {
        // One path per column: its dots share their transparency.
        context.globalAlpha = come * 0.34 * ((column + 1) / COLUMNS) ** 1.8
        context.beginPath()
        for (let row = 0; row < ROWS; row++) {
          const wave = 0.5 + 0.5 * Math.sin(column * 0.55 - seconds * 1.9 + Math.sin(row * 0.6 + seconds * 0.7) * 1.4)
          const radius = (1.6 + 6.4 * wave ** 2) * unit
          const x = left + column * step
          const y = top + (row + 0.5) * step
          context.moveTo(x + radius, y)
          context.arc(x, y, radius, 0, 2 * Math.PI)
        }
        context.fill()
      }
      context.globalAlpha = 1
    },
  }
}
