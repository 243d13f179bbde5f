import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { GlobalFonts } from '@napi-rs/canvas'

export type Weight = 400 | 500 | 600 | 700 | 800

const weights: readonly Weight[] = [400, 500, 600, 700, 800]
const subsets = ['latin', 'latin-ext', 'greek', 'cyrillic'] as const
const families = subsets.map((subset) => `"Sluice ${subset}"`).join(', ')

/** Makes Inter known to the canvas, once per process. The subsets are families of their own, tried in order. */
export function registerFonts(): void {
  if (GlobalFonts.has(`Sluice ${subsets[0]}`)) return
  const require = createRequire(import.meta.url)
  for (const subset of subsets) {
    for (const weight of weights) {
      const file = require.resolve(`@fontsource/inter/files/inter-${subset}-${weight}-normal.woff2`)
      GlobalFonts.register(readFileSync(file), `Sluice ${subset}`)
    }
  }
}

/** A canvas font of Inter. */
export function font(weight: Weight, sizePx: number): string {
  return `${weight} ${sizePx}px ${families}`
}
