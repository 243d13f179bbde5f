import { hashOf, pick, randomFrom } from '../random.ts'
import { courseOf, prepareBackground } from './background.ts'
import { easeInOut, easeOut, through } from './ease.ts'
import { rings } from './layouts/ornaments.ts'
import { hues, paletteOf } from './palette.ts'
import type { Drawing } from './scene.ts'
import { type Size, stageOf } from './stage.ts'
import { drawText, fitText, heading } from './text.ts'

/** Room for the bar below the words, in units. */
const BAR_UNITS = 30
/** Words shown at once. */
const GROUP_WORDS = 5

/**
 * A clip of a bare prompt: its words in large type, a few at a time, over moving light. It does not pretend to be a filmed
 * scene. Colour comes from the prompt and the seed.
 */
export function prepareMotif({ prompt, seed }: { prompt: string; seed: number }, options: Size & { durationSeconds: number }): Drawing {
  const { durationSeconds } = options
  const stage = stageOf(options)
  const { content, unit, tall } = stage
  const hue = pick(hues, randomFrom(hashOf(prompt) ^ seed))
  const palette = paletteOf(hue)
  const background = prepareBackground(hue, stage)
  const ornament = rings({ stage, palette, durationSeconds })
  const words = prompt
    .replace(/\s+/g, ' ')
    .trim()
    .split(' ')
    .filter((word) => word !== '')
  const most = Math.max(1, Math.floor(durationSeconds / 1.1))
  const perGroup = Math.max(GROUP_WORDS, Math.ceil(words.length / most))
  const groups = Array.from({ length: Math.max(1, Math.ceil(words.length / perGroup)) }, (_, n) =>
    words.slice(n * perGroup, (n + 1) * perGroup).join(' '),
  )
  const box = { width: content.width * (tall ? 1 : 0.86), height: content.height - BAR_UNITS * unit }
  const sets = groups.map((text) =>
    fitText(text === '' ? '…' : text, { style: heading, box, maxPx: 118 * unit, minPx: 22 * unit, maxLines: tall ? 7 : 4 }),
  )
  // The longest word carries the accent, where there is a choice.
  const accented = sets.map(({ words: own }) =>
    own.length < 2 ? -1 : own.reduce((best, { text }, n) => (text.length > (own[best]?.text.length ?? 0) ? n : best), 0),
  )
  const each = durationSeconds / sets.length

  return (context, seconds) => {
    background(context, courseOf(0, seconds, durationSeconds))
    ornament.draw(context, { seconds, durationSeconds })
    const group = Math.min(sets.length - 1, Math.floor(seconds / each))
    const set = sets[group] as (typeof sets)[number]
    const own = seconds - group * each
    const leaving = group === sets.length - 1 ? 0 : easeInOut(through(own, each - 0.28, 0.28))
    const at = { x: content.x, y: content.y + (content.height - set.height) / 2 }
    drawText(context, set, at, (_word, index) => {
      const p = easeOut(through(own, 0.02 + index * Math.min(0.12, (each * 0.4) / set.words.length), 0.5))
      return {
        colour: index === accented[group] ? palette.accent : palette.ink,
        alpha: p * (1 - leaving),
        dx: 0,
        dy: ((1 - p) * 40 - leaving * 30) * unit,
      }
    })
    const bar = { x: content.x, y: at.y + set.height + 18 * unit, width: 160 * unit, height: 8 * unit }
    context.fillStyle = palette.accent
    context.beginPath()
    context.roundRect(bar.x, bar.y, Math.max(bar.height, bar.width * easeOut(through(own, 0.1, each))), bar.height, bar.height / 2)
    context.fill()
  }
}
