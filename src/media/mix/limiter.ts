/** -1.5 dBFS: room for what sits between samples and for what an encoder adds. */
const CEILING = 10 ** (-1.5 / 20)
/** -4.4 dBFS: below it nothing is touched. */
const KNEE = 0.6

/**
 * A soft limit of one sample (full scale 1) without memory, so the same sample always becomes the same whatever came
 * before it: linear up to the knee, then a hyperbolic tangent with the same slope towards the ceiling.
 */
export function limit(sample: number): number {
  const size = Math.abs(sample)
  if (size <= KNEE) return sample
  const soft = KNEE + (CEILING - KNEE) * Math.tanh((size - KNEE) / (CEILING - KNEE))
  return sample < 0 ? -soft : soft
}
