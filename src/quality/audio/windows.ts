import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'

/** A short stretch of sound in figures, left and right. Full scale is 1. */
export interface SoundWindow {
  startSeconds: number
  endSeconds: number
  mean: readonly [number, number]
  /** Mean of the squares: the square of the root mean square. */
  power: readonly [number, number]
  /** Mean of left times right. */
  product: number
}

export interface Windows {
  /** Interleaved signed 16-bit stereo at 48 kHz; `startSeconds` is the time of its first sample. */
  add(startSeconds: number, pcm: Int16Array): void
  /** What is left over makes a last, shorter window. */
  end(): void
}

const FULL_SCALE = 32_768

/** Cuts sound that comes in pieces of any length into windows of one length. */
export function createWindows(windowSeconds: number, take: (window: SoundWindow) => void): Windows {
  const wanted = Math.round(windowSeconds * PCM_SAMPLE_RATE)
  let startSeconds = 0
  let frames = 0
  let [left, right, leftPower, rightPower, product] = [0, 0, 0, 0, 0]

  const close = () => {
    const scale = 1 / (frames * FULL_SCALE)
    const powerScale = scale / FULL_SCALE
    take({
      startSeconds,
      endSeconds: startSeconds + frames / PCM_SAMPLE_RATE,
      mean: [left * scale, right * scale],
      power: [leftPower * powerScale, rightPower * powerScale],
      product: product * powerScale,
    })
    frames = left = right = leftPower = rightPower = product = 0
  }

  return {
    add(pieceSeconds, pcm) {
      for (let index = 0; index + 1 < pcm.length; index += 2) {
        if (frames === 0) startSeconds = pieceSeconds + index / 2 / PCM_SAMPLE_RATE
        const l = pcm[index] as number
        const r = pcm[index + 1] as number
        left += l
        right += r
        leftPower += l * l
        rightPower += r * r
        product += l * r
        frames += 1
        if (frames === wanted) close()
      }
    },
    end() {
      if (frames > 0) close()
    },
  }
}

/** A power in dB of full scale, where a full-scale square wave has 0; silence has -100. */
export function dbfs(power: number): number {
  return 10 * Math.log10(power + 1e-10)
}

/** The mean square of a level in dBFS. */
export function powerOf(levelDbfs: number): number {
  return 10 ** (levelDbfs / 10)
}
