export interface Size {
  width: number
  height: number
}

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The page: everything is measured in `unit`, 1 px where the shorter side is 720 px. */
export interface Stage extends Size {
  unit: number
  /** Taller than wide, or square: one column. */
  tall: boolean
  /** Where content may be: inside the margins, below the page marks, above the captions. */
  content: Box
  /** The line of page marks. */
  marks: Box
}

/** Kept free for captions at the lower edge, in units. */
export const CAPTION_UNITS = 120

export function stageOf({ width, height }: Size): Stage {
  const unit = Math.min(width, height) / 720
  const tall = width <= height
  const side = (tall ? 56 : 88) * unit
  const top = (tall ? 128 : 96) * unit
  const bottom = (CAPTION_UNITS + (tall ? 40 : 20)) * unit
  return {
    width,
    height,
    unit,
    tall,
    content: { x: side, y: top, width: width - 2 * side, height: height - top - bottom },
    marks: { x: side, y: 48 * unit, width: width - 2 * side, height: 5 * unit },
  }
}
