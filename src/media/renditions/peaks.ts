import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'

/** audiowaveform's 8-bit form keeps the upper byte of a 16-bit sample. */
const BITS = 8
const UPPER_BYTE = 256

/**
 * The outline of a sound in the audiowaveform JSON format, version 2
 * (https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md): lowest and highest sample of each of at most
 * `points` equal parts (0 counts as one of them), both channels as one, as drawn by wavesurfer.js and peaks.js.
 * @param blocks interleaved stereo at 48 kHz, from the beginning and without a gap; what is missing at the end is silence
 */
export async function waveformPeaks(
  blocks: AsyncIterable<Int16Array> | Iterable<Int16Array>,
  { durationSeconds, points }: { durationSeconds: number; points: number },
): Promise<string> {
  const frames = Math.max(1, Math.round(durationSeconds * PCM_SAMPLE_RATE))
  const framesPerPoint = Math.ceil(frames / points)
  const length = Math.ceil(frames / framesPerPoint)
  const low = new Int16Array(length)
  const high = new Int16Array(length)
  let frame = 0
  for await (const block of blocks) {
    for (let index = 0; index + 1 < block.length && frame < frames; index += 2, frame++) {
      const point = Math.floor(frame / framesPerPoint)
      const left = block[index] ?? 0
      const right = block[index + 1] ?? 0
      low[point] = Math.min(low[point] ?? 0, left, right)
      high[point] = Math.max(high[point] ?? 0, left, right)
    }
  }
  const data = Array.from(low, (lowest, point) => [Math.floor(lowest / UPPER_BYTE), Math.floor((high[point] ?? 0) / UPPER_BYTE)]).flat()
  return JSON.stringify({
    version: 2,
    channels: 1,
    sample_rate: PCM_SAMPLE_RATE,
    samples_per_pixel: framesPerPoint,
    bits: BITS,
    length,
    data,
  })
}
