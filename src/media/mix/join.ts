import { open } from 'node:fs/promises'
import { PCM_BYTES_PER_SAMPLE_FRAME, PCM_SAMPLE_RATE, type PcmPart } from '../../ports/media-tool.ts'

/** Long enough not to click, shorter than any sound of speech. */
const FADE_FRAMES = 0.01 * PCM_SAMPLE_RATE
/** Parts are read in blocks of a second. */
const BLOCK_FRAMES = PCM_SAMPLE_RATE
const FULL_SCALE = 32_767

/**
 * Writes parts of recordings one behind the other, each with its gain. Neighbours overlap by 10 ms and are faded into each other; the
 * joints are chosen in pauses, so that is not heard.
 */
export async function joinPcm({
  parts,
  pcmPath,
  signal,
}: {
  parts: readonly PcmPart[]
  pcmPath: string
  signal: AbortSignal
}): Promise<{ durationSeconds: number }> {
  await using target = await open(pcmPath, 'w')
  let written = 0
  /** The faded end of the part before, to be added to the beginning of the next. */
  let tail: Float32Array = new Float32Array()
  for (const [index, part] of parts.entries()) {
    await using source = await open(part.pcmPath)
    const last = Math.floor((await source.stat()).size / PCM_BYTES_PER_SAMPLE_FRAME)
    const from = Math.min(last, Math.max(0, Math.round(part.startSeconds * PCM_SAMPLE_RATE)))
    const to = Math.min(last, Math.max(from, Math.round(part.endSeconds * PCM_SAMPLE_RATE)))
    const fadesOut = index < parts.length - 1
    const gain = 10 ** (part.gainDb / 20)
    for (let at = from; at < to; at += BLOCK_FRAMES) {
      signal.throwIfAborted()
      const block = await read(source, at, Math.min(BLOCK_FRAMES, to - at))
      const samples = Float32Array.from(block, (sample) => sample * gain)
      if (index > 0 && at === from) addFadedIn(samples, tail)
      let whole = samples.length / 2
      if (fadesOut && at + BLOCK_FRAMES >= to) {
        whole = Math.max(0, whole - FADE_FRAMES)
        tail = fadedOut(samples.subarray(whole * 2))
      }
      await target.write(rounded(samples.subarray(0, whole * 2)))
      written += whole
    }
  }
  return { durationSeconds: written / PCM_SAMPLE_RATE }
}

async function read(source: Awaited<ReturnType<typeof open>>, frame: number, frames: number): Promise<Int16Array> {
  const bytes = new Uint8Array(frames * PCM_BYTES_PER_SAMPLE_FRAME)
  await source.read(bytes, 0, bytes.length, frame * PCM_BYTES_PER_SAMPLE_FRAME)
  return new Int16Array(bytes.buffer)
}

function addFadedIn(samples: Float32Array, tail: Float32Array): void {
  const frames = tail.length / 2
  for (let i = 0; i < Math.min(samples.length, tail.length); i++) {
    samples[i] = (samples[i] ?? 0) * (Math.floor(i / 2) / frames) + (tail[i] ?? 0)
  }
}

function fadedOut(samples: Float32Array): Float32Array {
  const frames = samples.length / 2
  return samples.map((sample, i) => sample * (1 - Math.floor(i / 2) / frames))
}

function rounded(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-FULL_SCALE - 1, Math.min(FULL_SCALE, Math.round(sample))))
}
