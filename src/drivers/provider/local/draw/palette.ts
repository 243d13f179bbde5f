/** OKLCH hues that give calm grounds: blues, violets, teals. */
export const hues = [222, 235, 248, 258, 268, 280, 292, 303, 190, 204] as const

/** Colours of a presentation, as CSS. */
export interface Palette {
  /** Darkest ground; never black. */
  ground: string
  groundEnd: string
  /** Lights that drift over the ground. */
  lights: readonly [string, string, string, string]
  ink: string
  inkSoft: string
  inkFaint: string
  /** A veil lighter than the ground, for cards and tracks. */
  card: string
  accent: string
  accentDeep: string
  /** Text on the accent. */
  onAccent: string
}

/**
 * Built in OKLCH, where equal steps look equal whatever the hue, so white text keeps its contrast on every palette.
 * @param hue in degrees of the OKLCH circle
 */
export function paletteOf(hue: number): Palette {
  const accent = accentFor(hue)
  return {
    ground: oklch(0.24, 0.07, hue),
    groundEnd: oklch(0.31, 0.09, hue + 28),
    lights: [oklch(0.54, 0.16, hue + 18), oklch(0.48, 0.16, hue - 38), oklch(0.44, 0.13, hue + 50), oklch(0.34, 0.1, hue - 12)],
    ink: oklch(0.985, 0.006, hue),
    inkSoft: oklch(0.9, 0.03, hue),
    inkFaint: oklch(0.9, 0.03, hue, 0.34),
    card: oklch(0.95, 0.03, hue, 0.1),
    accent: oklch(0.87, 0.15, accent),
    accentDeep: oklch(0.75, 0.17, accent - 26),
    onAccent: oklch(0.24, 0.07, hue),
  }
}

/** Amber glows on every cool ground; mint and sky stand against the warm ones. */
function accentFor(hue: number): number {
  const turn = ((hue % 360) + 360) % 360
  if (turn >= 285 && turn < 320) return 168
  return turn >= 30 && turn < 140 ? 215 : 84
}

/** OKLCH to sRGB (Björn Ottosson, https://bottosson.github.io/posts/oklab/); chroma is lowered until the colour exists in sRGB. */
function oklch(lightness: number, chroma: number, hue: number, alpha = 1): string {
  const radians = (hue * Math.PI) / 180
  let c = chroma
  let rgb = linear(lightness, c * Math.cos(radians), c * Math.sin(radians))
  while (c > 0 && rgb.some((value) => value < -0.0005 || value > 1.0005)) {
    c = Math.max(0, c - 0.004)
    rgb = linear(lightness, c * Math.cos(radians), c * Math.sin(radians))
  }
  const [r, g, b] = rgb.map((value) => Math.round(255 * gamma(Math.min(1, Math.max(0, value)))))
  return alpha === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`
}

function linear(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

const gamma = (value: number): number => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)
