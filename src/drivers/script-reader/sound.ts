import { createReadStream } from 'node:fs'
import { SluiceError } from '../../domain/errors.ts'
import type { VoiceRecording } from '../../ports/script-reader.ts'

export const SAMPLE_RATE = 16_000
/** 48 kHz stereo becomes 16 kHz mono: every third sample of the filtered sum. */
const STEP = 3
const BYTES_PER_FRAME = 4

/** A low pass at 7.2 kHz for 48 kHz: a sinc of 63 taps under a Hann window, its sum 1. */
const FILTER = lowPass(63, 7_200 / 48_000)

/**
 * A recording as recognisers want it: 16 kHz mono, -1 to 1. Read in small pieces, so that whoever shares the thread gets on.
 * Throws `media_unreadable`.
 */
export async function readMono({ pcmPath }: VoiceRecording, signal: AbortSignal): Promise<Float32Array> {
  const out: Float32Array[] = []
  let rest: Buffer = Buffer.alloc(0)
  const half = FILTER.length >> 1
  let pending = new Float32Array(half)
  const take = (fresh: Float32Array): void => {
    const input = new Float32Array(pending.length + fresh.length)
    input.set(pending)
    input.set(fresh, pending.length)
    const count = Math.max(0, Math.ceil((input.length - FILTER.length + 1) / STEP))
    out.push(filtered(input, count))
    pending = input.subarray(count * STEP)
  }
  try {
    for await (const chunk of createReadStream(pcmPath, { signal, highWaterMark: 256 * 1024 })) {
      const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
      const frames = Math.floor(bytes.length / BYTES_PER_FRAME)
      take(monoOf(bytes, frames))
      rest = bytes.subarray(frames * BYTES_PER_FRAME)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw new SluiceError('media_unreadable', 'The recording cannot be read.', { retry: 'same', cause: error })
  }
  take(new Float32Array(half))
  return joined(out)
}

/** From one moment to another, in seconds; the same memory. */
export function partOf(samples: Float32Array, fromSeconds: number, toSeconds: number): Float32Array {
  return samples.subarray(Math.round(fromSeconds * SAMPLE_RATE), Math.round(toSeconds * SAMPLE_RATE))
}

function monoOf(bytes: Buffer, frames: number): Float32Array {
  const mono = new Float32Array(frames)
  for (let i = 0; i < frames; i++) mono[i] = (bytes.readInt16LE(i * BYTES_PER_FRAME) + bytes.readInt16LE(i * BYTES_PER_FRAME + 2)) / 65_536
  return mono
}

function filtered(input: Float32Array, count: number): Float32Array {
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let tap = 0; tap < FILTER.length; tap++) sum += (FILTER[tap] as number) * (input[i * STEP + tap] as number)
    out[i] = sum
  }
  return out
}

function lowPass(taps: number, cutoff: number): Float64Array {
  const middle = (taps - 1) / 2
  const filter = Float64Array.from({ length: taps }, (_, tap) => {
    const x = tap - middle
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x)
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / (middle + 1)))
  })
  const sum = filter.reduce((total, value) => total + value, 0)
  return filter.map((value) => value / sum)
}

function joined(parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
