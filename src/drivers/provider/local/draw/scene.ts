import { type Canvas, createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import type { Scene } from '../../../../domain/generate.ts'
import { courseOf, prepareBackground } from './background.ts'
import { clamp01, through } from './ease.ts'
import { barsLayout } from './layouts/bars.ts'
import { bulletsLayout } from './layouts/bullets.ts'
import { closingLayout } from './layouts/closing.ts'
import { figureLayout } from './layouts/figure.ts'
import { statementLayout } from './layouts/statement.ts'
import { titleLayout } from './layouts/title.ts'
import { prepareMarks } from './marks.ts'
import { paletteOf } from './palette.ts'
import type { Part, Sheet } from './part.ts'
import { type Size, stageOf } from './stage.ts'

/** At the end of a scene its content leaves in this time, in seconds; the ground flows on into the next scene. */
const EXIT_SECONDS = 0.3

/** Draws the moment `seconds` of a clip, whatever was drawn before. */
export type Drawing = (context: SKRSContext2D, seconds: number) => void

/** When a clip of this length shows all it has. */
export function revealedAt(durationSeconds: number): number {
  return Math.max(0, durationSeconds - EXIT_SECONDS - 0.05)
}

/** Lays the scene out once; the drawing is then a pure function of the time. */
export function prepareScene(scene: Scene, options: Size & { durationSeconds: number }): Drawing {
  const { durationSeconds } = options
  const stage = stageOf(options)
  const sheet: Sheet = { stage, palette: paletteOf(scene.hue), durationSeconds }
  const background = prepareBackground(scene.hue, stage)
  const parts = layOut(scene, sheet)
  const marks = prepareMarks(scene, sheet)
  const last = scene.index === scene.count - 1

  // Content that leaves is drawn apart and laid over as one sheet, so that what overlaps fades as one.
  let apart: Canvas | undefined
  function drawLeaving(context: SKRSContext2D, seconds: number, gone: number): void {
    apart ??= createCanvas(stage.width, stage.height)
    const layer = apart.getContext('2d')
    layer.clearRect(0, 0, stage.width, stage.height)
    for (const part of parts) part.draw(layer, { seconds, durationSeconds })
    context.globalAlpha = 1 - gone
    context.drawImage(apart, 0, -18 * stage.unit * gone)
    context.globalAlpha = 1
  }

  return (context, seconds) => {
    background(context, courseOf(scene.index, seconds, durationSeconds))
    // The last scene stays to the end.
    const leaving = last ? 0 : through(seconds, durationSeconds - EXIT_SECONDS, EXIT_SECONDS) ** 2
    if (leaving > 0) drawLeaving(context, seconds, leaving)
    else for (const part of parts) part.draw(context, { seconds, durationSeconds })
    marks(context, clamp01(seconds / durationSeconds))
  }
}

/** The parts of a scene, for drawing and for tests of their places. */
export function layOut(scene: Scene, sheet: Sheet): Part[] {
  switch (scene.layout) {
    case 'title':
      return titleLayout(scene, sheet)
    case 'statement':
      return statementLayout(scene, sheet)
    case 'bullets':
      return scene.lines.length > 0 ? bulletsLayout(scene, sheet) : statementLayout(scene, sheet)
    case 'bars':
      return scene.figures.length > 1 ? barsLayout(scene, sheet) : statementLayout(scene, sheet)
    case 'figure':
      return scene.figures.length > 0 ? figureLayout(scene, sheet) : statementLayout(scene, sheet)
    case 'closing':
      return closingLayout(scene, sheet)
  }
}
