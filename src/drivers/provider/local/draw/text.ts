import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'
import { font, registerFonts, type Weight } from './fonts.ts'
import type { Box } from './stage.ts'

export interface TextStyle {
  weight: Weight
  /** Letter spacing in parts of the size; tight for large type. */
  tracking: number
  /** Distance of baselines in parts of the size. */
  leading: number
}

export const heading: TextStyle = { weight: 800, tracking: -0.028, leading: 1.08 }
export const subheading: TextStyle = { weight: 700, tracking: -0.02, leading: 1.16 }
export const body: TextStyle = { weight: 500, tracking: -0.008, leading: 1.32 }

export interface Word {
  text: string
  /** From the left and top of the block to the word's baseline. */
  x: number
  baseline: number
  width: number
  line: number
}

/** A text set into a box: size found, lines broken, every word placed. */
export interface SetText {
  style: TextStyle
  sizePx: number
  words: Word[]
  lines: number
  /** What it takes of its box, from the box's upper left corner. */
  width: number
  height: number
}

export interface Fit {
  style: TextStyle
  box: { width: number; height: number }
  maxPx: number
  minPx: number
  maxLines?: number
  align?: 'left' | 'centre'
  /** Lines of about equal length. Default true. */
  balanced?: boolean
}

let shared: SKRSContext2D | undefined
function ruler(): SKRSContext2D {
  if (shared === undefined) {
    registerFonts()
    shared = createCanvas(8, 8).getContext('2d')
  }
  return shared
}

/** Width of a line in pixels. */
export function widthOf(text: string, style: TextStyle, sizePx: number): number {
  const context = ruler()
  context.font = font(style.weight, sizePx)
  context.letterSpacing = `${style.tracking * sizePx}px`
  return context.measureText(text).width
}

/**
 * The largest size at which the text fits its box: never cut off, never outside. A word too long for a line at the smallest
 * size is broken; a text too long for the box even then ends with an ellipsis.
 */
export function fitText(text: string, fit: Fit): SetText {
  const clean = text.replace(/\s+/g, ' ').trim()
  for (let sizePx = fit.maxPx; sizePx > fit.minPx; sizePx *= 0.965) {
    const lines = wrap(clean.split(' '), fit.style, sizePx, fit.box.width)
    if (lines !== undefined && fits(lines.length, sizePx, fit)) return place(balance(lines, sizePx, fit), sizePx, fit)
  }
  const sizePx = fit.minPx
  const lines = wrap(breakLong(clean.split(' '), fit.style, sizePx, fit.box.width), fit.style, sizePx, fit.box.width) ?? [[]]
  const most = Math.max(
    1,
    Math.min(fit.maxLines ?? Number.POSITIVE_INFINITY, Math.floor((fit.box.height / sizePx - 0.25) / fit.style.leading + 0.02)),
  )
  if (lines.length <= most) return place(lines, sizePx, fit)
  const kept = lines.slice(0, most)
  kept[most - 1] = ellipsis(kept[most - 1] as string[], fit.style, sizePx, fit.box.width)
  return place(kept, sizePx, fit)
}

function fits(lines: number, sizePx: number, fit: Fit): boolean {
  return lines <= (fit.maxLines ?? Number.POSITIVE_INFINITY) && heightOf(lines, sizePx, fit.style) <= fit.box.height
}

/** From the top of the capitals' ascent to below the descenders of the last line. */
function heightOf(lines: number, sizePx: number, style: TextStyle): number {
  return ((lines - 1) * style.leading + 1.25) * sizePx
}

/** `undefined`: a word is wider than the line. */
function wrap(words: string[], style: TextStyle, sizePx: number, width: number): string[][] | undefined {
  const space = widthOf(' ', style, sizePx)
  const lines: string[][] = []
  let line: string[] = []
  let used = 0
  for (const word of words) {
    const own = widthOf(word, style, sizePx)
    if (own > width) return undefined
    if (line.length > 0 && used + space + own > width) {
      lines.push(line)
      line = [word]
      used = own
    } else {
      used += (line.length > 0 ? space : 0) + own
      line.push(word)
    }
  }
  if (line.length > 0) lines.push(line)
  return lines
}

/** The narrowest setting with the same number of lines. */
function balance(lines: string[][], sizePx: number, fit: Fit): string[][] {
  if (lines.length < 2 || fit.balanced === false) return lines
  const words = lines.flat()
  let low = fit.box.width / 2
  let high = fit.box.width
  let best = lines
  for (let step = 0; step < 7; step++) {
    const middle = (low + high) / 2
    const tried = wrap(words, fit.style, sizePx, middle)
    if (tried !== undefined && tried.length === lines.length) {
      best = tried
      high = middle
    } else low = middle
  }
  return best
}

function breakLong(words: string[], style: TextStyle, sizePx: number, width: number): string[] {
  return words.flatMap((word) => {
    const pieces: string[] = []
    let piece = ''
    for (const letter of word) {
      if (piece !== '' && widthOf(`${piece}${letter}-`, style, sizePx) > width) {
        pieces.push(`${piece}-`)
        piece = letter
      } else piece += letter
    }
    return widthOf(word, style, sizePx) <= width ? [word] : [...pieces, piece]
  })
}

function ellipsis(line: string[], style: TextStyle, sizePx: number, width: number): string[] {
  const words = [...line]
  while (words.length > 1 && widthOf(`${words.join(' ')}…`, style, sizePx) > width) words.pop()
  let last = (words.pop() ?? '').replace(/[,;:–—-]+$/, '')
  while (last.length > 1 && widthOf(`${[...words, last].join(' ')}…`, style, sizePx) > width) last = last.slice(0, -1)
  return [...words, `${last}…`]
}

function place(lines: string[][], sizePx: number, fit: Fit): SetText {
  const { style } = fit
  const space = widthOf(' ', style, sizePx)
  const words: Word[] = []
  let widest = 0
  lines.forEach((line, index) => {
    const widths = line.map((word) => widthOf(word, style, sizePx))
    const total = widths.reduce((sum, width) => sum + width, 0) + space * (line.length - 1)
    widest = Math.max(widest, total)
    let x = fit.align === 'centre' ? (fit.box.width - total) / 2 : 0
    line.forEach((text, n) => {
      const width = widths[n] as number
      words.push({ text, x, baseline: (index * style.leading + 0.98) * sizePx, width, line: index })
      x += width + space
    })
  })
  return {
    style,
    sizePx,
    words,
    lines: lines.length,
    width: fit.align === 'centre' ? fit.box.width : widest,
    height: heightOf(lines.length, sizePx, style),
  }
}

/** How a word stands at a moment. */
export interface Look {
  colour: string
  alpha: number
  /** Offset from its place, in pixels. */
  dx: number
  dy: number
}

/** Draws a set text with its upper left corner at `at`. Words whose alpha is 0 are left out. */
export function drawText(context: SKRSContext2D, set: SetText, at: Pick<Box, 'x' | 'y'>, look: (word: Word, index: number) => Look): void {
  context.font = font(set.style.weight, set.sizePx)
  context.letterSpacing = `${set.style.tracking * set.sizePx}px`
  set.words.forEach((word, index) => {
    const { colour, alpha, dx, dy } = look(word, index)
    if (alpha <= 0.003) return
    context.globalAlpha = alpha
    context.fillStyle = colour
    context.fillText(word.text, at.x + word.x + dx, at.y + word.baseline + dy)
  })
  context.globalAlpha = 1
  context.letterSpacing = '0px'
}
