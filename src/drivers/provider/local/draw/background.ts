import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import { type Palette, paletteOf } from './palette.ts'
import type { Stage } from './stage.ts'

/**
 * Where the background is in its course. Over a scene `page` runs from the scene's index to the next, and `turn` through
 * whole circles; at a joint both agree, so the ground flows from one scene into the next without a cut.
 */
export interface Course {
  page: number
  /** Radians. */
  turn: number
}

export function courseOf(index: number, seconds: number, durationSeconds: number): Course {
  const done = durationSeconds > 0 ? seconds / durationSeconds : 0
  const turns = Math.max(1, Math.round(durationSeconds / TURN_SECONDS))
  return { page: index + done, turn: 2 * Math.PI * turns * done }
}

/** One circle of the drifting lights takes about this long: slow enough to be calm, fast enough that no two frames are equal. */
const TURN_SECONDS = 4.8

/**
 * The soft ground has no detail to lose: it is drawn at an eighth of the size, enlarged to a half and from there to the whole.
 * The first sheet has half floats, for eight bits enlarged eight times show their steps.
 */
const FIRST_SHRINK = 8
const SECOND_SHRINK = 2

/** Draws the lit ground and the stream lines. */
export function prepareBackground(hue: number, stage: Stage): (context: SKRSContext2D, course: Course) => void {
  const { width, height } = stage
  const first = createCanvas(Math.ceil(width / FIRST_SHRINK), Math.ceil(height / FIRST_SHRINK))
  const soft = first.getContext('2d', { colorType: 'float16' })
  const second = createCanvas(Math.ceil(width / SECOND_SHRINK), Math.ceil(height / SECOND_SHRINK))
  const middle = second.getContext('2d')
  middle.imageSmoothingQuality = 'low'

  return (context, course) => {
    const palette = paletteOf(hue + 6 * course.page)
    drawLights(soft, first.width, first.height, palette, course)
    middle.drawImage(first, 0, 0, second.width, second.height)
    context.globalAlpha = 1
    context.imageSmoothingEnabled = true
    context.imageSmoothingQuality = 'low'
    context.drawImage(second, 0, 0, width, height)
    drawStream(context, stage, palette, course)
  }
}

function drawLights(context: SKRSContext2D, width: number, height: number, palette: Palette, { page, turn }: Course): void {
  const ground = context.createLinearGradient(0, 0, width, height)
  ground.addColorStop(0, palette.ground)
  ground.addColorStop(1, palette.groundEnd)
  context.globalAlpha = 1
  context.fillStyle = ground
  context.fillRect(0, 0, width, height)
  const reach = Math.max(width, height)
  palette.lights.forEach((colour, n) => {
    const slow = page * 0.9 + n * 1.9
    const x = width * (0.62 + 0.34 * Math.cos(slow) + 0.2 * Math.sin(turn + n * 2.1) - 0.2 * Math.sin(n * 2.1))
    const y = height * (0.45 + 0.42 * Math.sin(slow * 1.2 + n) + 0.24 * Math.sin(turn + n * 1.3) - 0.24 * Math.sin(n * 1.3))
    const radius = reach * (0.46 - 0.04 * n)
    const light = context.createRadialGradient(x, y, 0, x, y, radius)
    light.addColorStop(0, colour)
    light.addColorStop(0.5, colour.replace('rgb(', 'rgba(').replace(')', ', 0.42)'))
    light.addColorStop(1, colour.replace('rgb(', 'rgba(').replace(')', ', 0)'))
    // They breathe in turn, so the page as a whole keeps its brightness.
    context.globalAlpha = 0.76 + 0.24 * Math.sin(2 * turn + (n * Math.PI) / 2)
    context.fillStyle = light
    context.fillRect(0, 0, width, height)
  })
  context.globalAlpha = 1
}

const LINES = 13
const STREAM_STEPS = 40

/** Lines like the surface of a stream, running through the lower right. */
function drawStream(
  context: SKRSContext2D,
  { width, height, unit }: { width: number; height: number; unit: number },
  palette: Palette,
  { page, turn }: Course,
): void {
  const step = width / STREAM_STEPS
  context.lineWidth = 1.4 * unit
  context.strokeStyle = palette.inkSoft
  for (let n = 0; n < LINES; n++) {
    const rank = n / (LINES - 1)
    context.globalAlpha = 0.05 + 0.1 * Math.sin(Math.PI * rank)
    context.beginPath()
    for (let k = -1; k <= STREAM_STEPS + 1; k++) {
      const x = k * step
      const across = x / width
      const swell = Math.sin(across * 4.2 + page * 1.7 + rank * 1.1 + Math.sin(turn) * 0.5)
      const ripple = Math.sin(across * 9 - turn + rank * 2.4)
      const y = height * (0.78 - 0.34 * across + (rank - 0.5) * (0.12 + 0.34 * across) + 0.085 * swell + 0.02 * ripple)
      if (k === -1) context.moveTo(x, y)
      else context.lineTo(x, y)
    }
    context.stroke()
  }
  context.globalAlpha = 1
}
