import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import { describe, expect, test } from 'vitest'
import type { Figure, Scene } from '../../../../domain/generate.ts'
import { courseOf, prepareBackground } from './background.ts'
import { prepareMarks } from './marks.ts'
import { paletteOf } from './palette.ts'
import { layOut, prepareScene, revealedAt } from './scene.ts'
import { CAPTION_UNITS, type Size, stageOf } from './stage.ts'

const figure = (label: string, value: number, display: string): Figure => ({ label, value, unit: '%', display })
const longWord = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
const longText =
  'When the grid operator published its figures on Monday, nobody in the control room had expected that the sun alone would have supplied more than coal, wind and water'
const frame = { index: 1, count: 6, hue: 255 }
const scenes: Scene[] = [
  { ...frame, layout: 'title', headline: 'Solar passes coal', lines: [], figures: [], index: 0 },
  { ...frame, layout: 'title', headline: longText, lines: [longText], figures: [], index: 0 },
  { ...frame, layout: 'title', headline: longWord, lines: ['A line below'], figures: [], index: 0 },
  { ...frame, layout: 'statement', headline: 'Yes', lines: [], figures: [] },
  { ...frame, layout: 'statement', headline: longText, lines: [longText], figures: [] },
  { ...frame, layout: 'statement', headline: `${longWord} ${longWord}`, lines: [], figures: [] },
  ...[1, 2, 3, 4, 5, 6].map(
    (n): Scene => ({
      ...frame,
      layout: 'bullets',
      headline: 'Causes of the change',
      lines: Array.from({ length: n }, (_, k) => `Point ${k + 1} of them`),
      figures: [],
    }),
  ),
  ...[1, 3, 6].map(
    (n): Scene => ({ ...frame, layout: 'bullets', headline: longText, lines: Array.from({ length: n }, () => longText), figures: [] }),
  ),
  { ...frame, layout: 'bullets', headline: longWord, lines: [longWord, longWord], figures: [] },
  {
    ...frame,
    layout: 'bars',
    headline: 'Where power came from',
    lines: [],
    figures: [figure('Solar', 27, '27%'), figure('Coal', 24, '24%')],
  },
  {
    ...frame,
    layout: 'bars',
    headline: longText,
    lines: [],
    figures: Array.from({ length: 6 }, (_, k) =>
      figure(`Label number ${k} that is rather long`, 1 + 10 * k, `${1 + 10 * k} million and more`),
    ),
  },
  {
    ...frame,
    layout: 'bars',
    headline: 'By year',
    lines: [],
    figures: [2016, 2021, 2026].map((year, k) => figure(String(year), 4 + k * 11, `${4 + k * 11}%`)),
  },
  {
    ...frame,
    layout: 'bars',
    headline: longText,
    lines: [],
    figures: [2016, 2018, 2020, 2022, 2024, 2026].map((year, k) => figure(String(year), k, `$${k}.5 billion`)),
  },
  { ...frame, layout: 'figure', headline: 'More than a quarter', lines: ['of all power'], figures: [figure('of all power', 27, '27%')] },
  {
    ...frame,
    layout: 'figure',
    headline: longText,
    lines: [longText],
    figures: [{ label: '', value: 4.2e9, unit: '$', display: '$4,200,000,000,000' }],
  },
  { ...frame, layout: 'figure', headline: longWord, lines: [''], figures: [figure('', 0, '0%')] },
  { ...frame, layout: 'closing', headline: 'The end', lines: ['Solar passes coal'], figures: [], index: 5 },
  { ...frame, layout: 'closing', headline: longText, lines: [longText], figures: [], index: 5 },
  // Layouts without what they need fall back to a statement.
  { ...frame, layout: 'bars', headline: 'No figures', lines: [], figures: [] },
  { ...frame, layout: 'figure', headline: 'No figures', lines: [], figures: [] },
  { ...frame, layout: 'bullets', headline: 'No lines', lines: [], figures: [] },
]
const sizes: Size[] = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
  { width: 720, height: 1280 },
  { width: 720, height: 720 },
  { width: 640, height: 480 },
  { width: 426, height: 240 },
  { width: 1680, height: 720 },
]
const cases = sizes.flatMap((size) =>
  scenes.map((scene, n) => ({ size, scene, name: `${size.width}x${size.height} ${scene.layout} #${n}` })),
)

describe('places', () => {
  test.each(cases)('everything is inside the page and nothing overlaps: $name', ({ size, scene }) => {
    const stage = stageOf(size)
    const parts = layOut(scene, { stage, palette: paletteOf(scene.hue), durationSeconds: 6 }).filter(({ ornament }) => ornament !== true)
    const { content } = stage
    const slack = 1.5 * stage.unit
    for (const { name, box } of parts) {
      expect(box.x, `${name} left`).toBeGreaterThanOrEqual(content.x - slack)
      expect(box.x + box.width, `${name} right`).toBeLessThanOrEqual(content.x + content.width + slack)
      expect(box.y, `${name} top`).toBeGreaterThanOrEqual(content.y - 40 * stage.unit)
      expect(box.y + box.height, `${name} bottom`).toBeLessThanOrEqual(content.y + content.height + slack)
    }
    parts.forEach((one, n) => {
      for (const two of parts.slice(n + 1)) {
        const wide = Math.min(one.box.x + one.box.width, two.box.x + two.box.width) - Math.max(one.box.x, two.box.x)
        const high = Math.min(one.box.y + one.box.height, two.box.y + two.box.height) - Math.max(one.box.y, two.box.y)
        // Line boxes hold room above capitals and below letters; that room may touch.
        expect(wide > slack && high > 6 * stage.unit, `${one.name} and ${two.name} overlap by ${wide.toFixed(0)}x${high.toFixed(0)}`).toBe(
          false,
        )
      }
    })
  })
})

describe('pixels', () => {
  /** Pixels of the settled scene that differ from the same scene without content. */
  function contentRows(scene: Scene, size: Size): { left: number; right: number; top: number; bottom: number } {
    const pixels = (draw: (context: SKRSContext2D) => void): Uint8ClampedArray => {
      const context = createCanvas(size.width, size.height).getContext('2d')
      draw(context)
      return context.getImageData(0, 0, size.width, size.height).data
    }
    const moment = { seconds: revealedAt(6), durationSeconds: 6 }
    const sheet = { stage: stageOf(size), palette: paletteOf(scene.hue), durationSeconds: 6 }
    const full = pixels((context) => prepareScene(scene, { ...size, durationSeconds: 6 })(context, moment.seconds))
    const bare = pixels((context) => {
      prepareBackground(scene.hue, sheet.stage)(context, courseOf(scene.index, moment.seconds, 6))
      for (const part of layOut(scene, sheet)) if (part.ornament === true) part.draw(context, moment)
      prepareMarks(scene, sheet)(context, moment.seconds / 6)
    })
    const edges = { left: size.width, right: 0, top: size.height, bottom: 0 }
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        const i = 4 * (y * size.width + x)
        const difference = Math.abs((full[i] as number) - (bare[i] as number)) + Math.abs((full[i + 1] as number) - (bare[i + 1] as number))
        if (difference < 90) continue
        edges.left = Math.min(edges.left, x)
        edges.right = Math.max(edges.right, x)
        edges.top = Math.min(edges.top, y)
        edges.bottom = Math.max(edges.bottom, y)
      }
    }
    return edges
  }

  const small: Size[] = [
    { width: 640, height: 360 },
    { width: 360, height: 640 },
    { width: 400, height: 400 },
  ]
  test.each(
    small.flatMap((size) => scenes.map((scene, n) => ({ size, scene, name: `${size.width}x${size.height} ${scene.layout} #${n}` }))),
  )('what is drawn stays off the margins and off the captions: $name', ({ size, scene }) => {
    const stage = stageOf(size)
    const edges = contentRows(scene, size)
    expect(edges.right).toBeGreaterThan(edges.left)
    expect(edges.left).toBeGreaterThanOrEqual(Math.floor(stage.content.x - 6 * stage.unit))
    expect(edges.right).toBeLessThanOrEqual(Math.ceil(size.width - stage.content.x + 6 * stage.unit))
    expect(edges.bottom).toBeLessThanOrEqual(size.height - CAPTION_UNITS * stage.unit)
  })

  test('a frame depends on its moment alone, not on what was drawn before', () => {
    const size = { width: 320, height: 180, durationSeconds: 4 }
    const scene = scenes[4] as Scene
    const shot = (moments: number[]): Buffer => {
      const canvas = createCanvas(size.width, size.height)
      const draw = prepareScene(scene, size)
      for (const moment of moments) draw(canvas.getContext('2d'), moment)
      return canvas.data()
    }
    expect(shot([0, 1.3, 3.9, 2]).equals(shot([2]))).toBe(true)
    expect(shot([2]).equals(shot([2.1]))).toBe(false)
  })

  test('one scene flows into the next: its last frame and the next one’s first are alike', () => {
    const size = { width: 320, height: 180 }
    const grey = (scene: Scene, seconds: number, durationSeconds: number): number[] => {
      const context = createCanvas(size.width, size.height).getContext('2d')
      prepareScene(scene, { ...size, durationSeconds })(context, seconds)
      const { data } = context.getImageData(0, 0, size.width, size.height)
      return Array.from(
        { length: size.width * size.height },
        (_, n) => 0.2126 * (data[4 * n] as number) + 0.7152 * (data[4 * n + 1] as number) + 0.0722 * (data[4 * n + 2] as number),
      )
    }
    const meanDifference = (a: number[], b: number[]): number =>
      a.reduce((sum, value, n) => sum + Math.abs(value - (b[n] as number)), 0) / a.length
    const one: Scene = { ...frame, layout: 'statement', headline: 'The first of two', lines: [], figures: [], index: 1 }
    const two: Scene = { ...one, layout: 'bullets', headline: 'The second', lines: ['A point'], index: 2 }
    expect(meanDifference(grey(one, 5 - 1 / 30, 5), grey(two, 0, 3.4))).toBeLessThan(3)
    expect(meanDifference(grey(one, 2.5, 5), grey(two, 0, 3.4))).toBeGreaterThan(5)
  })
})
