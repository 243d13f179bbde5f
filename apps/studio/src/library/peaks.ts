/** `audiowaveform` JSON, version 2: pairs of lowest and highest sample for each pixel, interleaved by channel. */
interface Peaks {
  bits: number
  length: number
  channels?: number
  data: number[]
}

export function isPeaks(value: unknown): value is Peaks {
  if (typeof value !== 'object' || value === null) return false
  const { bits, length, data } = value as Record<string, unknown>
  return typeof bits === 'number' && typeof length === 'number' && Array.isArray(data)
}

/** How loud each of `bars` equal parts gets, 0 to 1 of full scale, the louder channel counting. */
export function barsOf({ bits, length, channels = 1, data }: Peaks, bars: number): number[] {
  const full = 2 ** (bits - 1)
  return Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar / bars) * length)
    const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * length))
    let highest = 0
    for (let at = from * channels * 2; at < to * channels * 2; at++) highest = Math.max(highest, Math.abs(data[at] ?? 0))
    return Math.min(1, highest / full)
  })
}
