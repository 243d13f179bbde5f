/** The highest 3 % of a second's range, and the 6 % below. */
const TOP = 0.97
const BELOW = 0.91
/** A sine has 1.4 times as many samples in the top as below, music and voices have fewer; what was cut off has most of them there. */
const CUT_RATIO = 3
/** Fewer are chance: a share of the samples. */
const TOP_SHARE = 0.0025
/** So many in a row are a flattened peak. */
const RUN_SAMPLES = 3
/** What is quieter than -21 dBFS was not cut off by anything. */
const QUIETEST = 3_000

/**
 * Peaks of one channel that were cut off at a level below full scale, as where something clipped was made quieter: runs of
 * samples in the top of their own range, when that top holds many more samples than what lies below it. 0 where nothing was cut.
 * A square wave is flat by this measure; an encoder rounds the tops and hides it.
 * @param pcm interleaved stereo, about a second
 */
export function countFlatTops(pcm: Int16Array, channel: 0 | 1): number {
  return countOnSide(pcm, channel, 1) + countOnSide(pcm, channel, -1)
}

function countOnSide(pcm: Int16Array, channel: 0 | 1, sign: 1 | -1): number {
  let highest = 0
  for (let index = channel; index < pcm.length; index += 2) highest = Math.max(highest, sign * (pcm[index] as number))
  if (highest < QUIETEST) return 0
  let top = 0
  let below = 0
  let run = 0
  let runs = 0
  for (let index = channel; index < pcm.length; index += 2) {
    const value = sign * (pcm[index] as number)
    if (value >= TOP * highest) {
      top += 1
      if (++run === RUN_SAMPLES) runs += 1
      continue
    }
    run = 0
    if (value >= BELOW * highest) below += 1
  }
  return top >= TOP_SHARE * (pcm.length / 2) && top >= CUT_RATIO * below ? runs : 0
}
