import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import { randomFrom } from '../../../src/drivers/provider/local/random.ts'

/** Draws the moment `seconds` of a film, whatever was drawn before. */
export type Painter = (context: SKRSContext2D, seconds: number) => void

export const WIDTH = 640
export const HEIGHT = 360

/** Where a camera looks: the middle of its picture in the world, 0 to 1 each way, and how much nearer than the whole it is. */
export interface View {
  x: number
  y: number
  zoom: number
}
export type Camera = (seconds: number) => View

/** Where a subject stands in the world, 0 to 1 each way; its height as a share of the world's; 1 turned once round. */
export interface Pose {
  x: number
  y: number
  size: number
  turn: number
}
export type Walk = (seconds: number) => Pose

const WORLD = { width: 1_600, height: 900 }
const SUBJECT_SIDE = 256

/**
 * A made landscape with the statistics of a photograph: noise whose strength falls with its frequency, and things with edges
 * and shading on it. Of its seed alone.
 */
export function landscape(seed: number): Canvas {
  const random = randomFrom(seed)
  const canvas = createCanvas(WORLD.width, WORLD.height)
  const context = canvas.getContext('2d')
  const hue = random() * 360
  clouds(context, WORLD, random, hue)
  for (let n = 0; n < 60; n++) {
    const [x, y] = [random() * WORLD.width, random() * WORLD.height]
    const [width, height] = [20 + random() ** 2 * 260, 20 + random() ** 2 * 260]
    const shade = context.createLinearGradient(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    const colour = (light: number) => `hsla(${hue + 80 * (random() - 0.5)}, ${20 + 40 * random()}%, ${light}%, ${0.5 + 0.5 * random()})`
    shade.addColorStop(0, colour(25 + 60 * random()))
    shade.addColorStop(1, colour(10 + 50 * random()))
    context.fillStyle = shade
    context.beginPath()
    if (random() < 0.5) context.ellipse(x, y, width / 2, height / 2, random() * Math.PI, 0, 2 * Math.PI)
    else context.rect(x - width / 2, y - height / 2, width, height)
    context.fill()
  }
  return canvas
}

/** A thing with a shape, a skin all round it, and light on it: what a film is about. */
export interface Subject {
  shape: Canvas
  skin: Canvas
  /** Drawn anew for each picture. */
  sheet: Canvas
}

/** Of its seed alone. */
export function subject(seed: number): Subject {
  const random = randomFrom(seed * 7_919 + 13)
  const square = () => createCanvas(SUBJECT_SIDE, SUBJECT_SIDE)
  const [shape, skin, sheet] = [square(), square(), square()]
  const middle = SUBJECT_SIDE / 2
  const outline = shape.getContext('2d')
  outline.beginPath()
  outline.ellipse(middle, middle, middle * 0.62, middle * 0.55, 0, 0, 2 * Math.PI)
  for (let n = 0; n < 7; n++) {
    const angle = random() * 2 * Math.PI
    const [x, y] = [middle + Math.cos(angle) * middle * 0.55, middle + Math.sin(angle) * middle * 0.55]
    outline.moveTo(x, y)
    outline.ellipse(x, y, middle * (0.15 + 0.3 * random()), middle * (0.1 + 0.3 * random()), angle, 0, 2 * Math.PI)
  }
  outline.fill()
  const surface = skin.getContext('2d')
  const hue = random() * 360
  clouds(surface, { width: SUBJECT_SIDE, height: SUBJECT_SIDE }, random, hue)
  surface.fillStyle = `hsla(${hue}, 45%, ${random() < 0.5 ? 12 + 20 * random() : 68 + 20 * random()}%, 0.6)`
  surface.fillRect(0, 0, SUBJECT_SIDE, SUBJECT_SIDE)
  for (let n = 0; n < 14; n++) {
    surface.fillStyle = `hsla(${hue + 60 * random()}, 60%, ${10 + 80 * random()}%, 0.8)`
    surface.fillRect(random() * SUBJECT_SIDE, random() * SUBJECT_SIDE, 12 + 60 * random(), 6 + 40 * random())
  }
  return { shape, skin, sheet }
}

/** A film of one take: a camera over a landscape, and subjects that walk in it, each as solid as `shown` says (0 to 1). */
export function film(
  ground: Canvas,
  camera: Camera,
  subjects: readonly { thing: Subject; walk: Walk; shown?: (seconds: number) => number }[],
): Painter {
  return (context, seconds) => {
    const view = camera(seconds)
    const scale = (WIDTH / WORLD.width) * view.zoom
    context.save()
    context.fillStyle = 'black'
    context.fillRect(0, 0, WIDTH, HEIGHT)
    context.imageSmoothingQuality = 'high'
    context.translate(WIDTH / 2, HEIGHT / 2)
    context.scale(scale, scale)
    context.translate(-view.x * WORLD.width, -view.y * WORLD.height)
    context.drawImage(ground, 0, 0)
    for (const { thing, walk, shown = () => 1 } of subjects) {
      const alpha = shown(seconds)
      if (alpha > 0) drawSubject(context, thing, walk(seconds), alpha)
    }
    context.restore()
  }
}

/** Its skin in upright strips, so that it turns like something round. */
function drawSubject(context: SKRSContext2D, { shape, skin, sheet }: Subject, { x, y, size, turn }: Pose, alpha: number): void {
  const lit = sheet.getContext('2d')
  const middle = SUBJECT_SIDE / 2
  lit.globalCompositeOperation = 'source-over'
  const strips = turn === 0 ? 1 : 64
  for (let n = 0; n < strips; n++) {
    const angle = turn === 0 ? 0 : Math.asin(((n + 0.5) / strips) * 2 - 1) / Math.PI + 2 * turn
    // Back and forth over the skin, so that it has no seam.
    const from = 1 - Math.abs((((angle % 2) + 2) % 2) - 1)
    const width = SUBJECT_SIDE / strips
    lit.drawImage(skin, from * (SUBJECT_SIDE - width), 0, width, SUBJECT_SIDE, n * width, 0, width, SUBJECT_SIDE)
  }
  const light = lit.createRadialGradient(middle * 0.7, middle * 0.6, 10, middle, middle, middle)
  light.addColorStop(0, 'rgba(255,255,255,0.45)')
  light.addColorStop(1, 'rgba(0,0,0,0.6)')
  lit.fillStyle = light
  lit.fillRect(0, 0, SUBJECT_SIDE, SUBJECT_SIDE)
  lit.globalCompositeOperation = 'destination-in'
  lit.drawImage(shape, 0, 0)
  const side = size * WORLD.height
  context.globalAlpha = alpha
  context.drawImage(sheet, x * WORLD.width - side / 2, y * WORLD.height - side / 2, side, side)
  context.globalAlpha = 1
}

/** Noise in octaves, each twice as fine and weaker than the one before, in shades of one hue. */
function clouds(context: SKRSContext2D, { width, height }: { width: number; height: number }, random: () => number, hue: number): void {
  for (let octave = 0; octave < 7; octave++) {
    const [columns, rows] = [4 * 2 ** octave, 3 * 2 ** octave]
    const cells = createCanvas(columns, rows)
    const pixels = cells.getContext('2d')
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        pixels.fillStyle = `hsl(${hue + 50 * (random() - 0.5)}, ${25 + 30 * random()}%, ${8 + 84 * random()}%)`
        pixels.fillRect(x, y, 1, 1)
      }
    }
    context.globalAlpha = octave === 0 ? 1 : 0.5 * 0.8 ** octave
    context.imageSmoothingQuality = 'high'
    context.drawImage(cells, 0, 0, width, height)
  }
  context.globalAlpha = 1
}
