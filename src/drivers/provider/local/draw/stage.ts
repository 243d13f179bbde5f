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
  /** One column. */
  tall: boolean
  /** Room for two things side by side. */
  wide: boolean
  /** Where content may be: inside the margins, below the page marks, above the captions. */
  content: Box
  /** The line of page marks. */
  marks: Box
}

/** Kept free for captions at the lower edge, in units. */
export const CAPTION_UNITS = 120

export function stageOf({ width, height }: Size): Stage {
  const unit = Math.min(width, height) / 720
  const tall = height > 1.1 * width
  const wide = width > 1.25 * height
  const side = (wide ? 88 : 56) * unit
  const top = (tall ? 128 : 96) * unit
  const bottom = (CAPTION_UNITS + (tall ? 40 : 20)) * unit
  return {
    width,
    height,
    unit,
    tall,
    wide,
    content: { x: side, y: top, width: width - 2 * side, height: height - top - bottom },
    marks: { x: side, y: 48 * unit, width: width - 2 * side, height: 5 * unit },
  }
}
