import type { RungOrder } from '../../ports/media-tool.ts'

const AUDIO_BITS = 128_000

/**
 * Short side in pixels and target bits a second of the picture; peaks are limited to 1.2 times that. Common rates for
 * H.264 at up to 30 frames a second.
 */
const STEPS = [
  { shortSide: 1080, videoBitsPerSecond: 4_500_000 },
  { shortSide: 720, videoBitsPerSecond: 2_500_000 },
  { shortSide: 360, videoBitsPerSecond: 700_000 },
] as const

/**
 * The rungs for a picture of this size, best first; one rung `audio` without a picture. A rung is named after its short
 * side (`720p` for 1280x720, 720x1280 and 720x720 alike) and is never larger than the source. The top rung has the
 * source's own size, which must be even, as H.264's 4:2:0 wants it; a source between two steps keeps its size at the
 * rate of its area.
 */
export function ladderFor(picture: { width: number; height: number } | null): RungOrder[] {
  if (!picture) return [{ name: 'audio', width: null, height: null, videoBitsPerSecond: 0, audioBitsPerSecond: AUDIO_BITS }]
  const { width, height } = picture
  const shortSide = Math.min(width, height)
  const below = STEPS.filter((step) => step.shortSide < shortSide * 0.8)
  return [
    rung(shortSide, even(width), even(height), rateFor(shortSide)),
    ...below.map((step) => {
      const scale = step.shortSide / shortSide
      return rung(step.shortSide, even(width * scale), even(height * scale), step.videoBitsPerSecond)
    }),
  ]
}

function rung(shortSide: number, width: number, height: number, videoBitsPerSecond: number): RungOrder {
  return { name: `${shortSide}p`, width, height, videoBitsPerSecond, audioBitsPerSecond: AUDIO_BITS }
}

/** The rate of the step of this short side; between and beyond steps in proportion to the 1.4th power of the side. */
function rateFor(shortSide: number): number {
  const near = STEPS.find((step) => step.shortSide <= shortSide) ?? STEPS[STEPS.length - 1]
  if (!near) throw new Error('the ladder has no steps')
  return Math.round((near.videoBitsPerSecond * (shortSide / near.shortSide) ** 1.4) / 1_000) * 1_000
}

const even = (pixels: number): number => Math.max(2, 2 * Math.round(pixels / 2))
