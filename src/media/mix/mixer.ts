import { type FileHandle, open } from 'node:fs/promises'
import { SluiceError } from '../../domain/errors.ts'
import { PCM_BYTES_PER_SAMPLE_FRAME, PCM_SAMPLE_RATE, type Stem } from '../../ports/media-tool.ts'
import { duckEnvelope, type Envelope, fadeIn, fadeOut, gainDbAt, nextPoint } from './envelope.ts'
import { limit } from './limiter.ts'

/**
 * The sum of the stems as a pure function of time: any range can be asked for, in any order, and the same sample is always
 * the same. Silence outside the stems, also before 0.
 */
export interface Mixer extends AsyncDisposable {
  /** Interleaved stereo of `count` sample frames from sample frame `from` of the timeline, which may be negative. */
  read(from: number, count: number): Promise<Int16Array>
}

const FULL_SCALE = 32_768

interface OpenStem {
  file: FileHandle
  /** Place on the timeline and length, in sample frames. */
  start: number
  length: number
  /** Sample frames of the file left out at its beginning. */
  skipped: number
  gainDb: number
  envelopes: Envelope[]
}

/** Opens the stems' files; they are read range by range. Throws `storage_unavailable` when one cannot be opened. */
export async function openMixer(stems: readonly Stem[]): Promise<Mixer> {
  const opened: OpenStem[] = []
  const close = async () => {
    await Promise.all(opened.map(({ file }) => file.close()))
  }
  try {
    for (const stem of stems) opened.push(await openStem(stem))
  } catch (error) {
    await close()
    throw error
  }
  return {
    async read(from, count) {
      const sum = new Float32Array(count * 2)
      for (const stem of opened) await add(stem, from, sum)
      const mixed = new Int16Array(sum.length)
      for (let i = 0; i < sum.length; i++) mixed[i] = Math.round(limit(sum[i] ?? 0) * FULL_SCALE)
      return mixed
    },
    [Symbol.asyncDispose]: close,
  }
}

/** The whole mix from 0 to `durationSeconds`, in blocks of a second. */
export async function* mixBlocks(mixer: Mixer, durationSeconds: number): AsyncGenerator<Int16Array> {
  const total = Math.round(durationSeconds * PCM_SAMPLE_RATE)
  for (let at = 0; at < total; at += PCM_SAMPLE_RATE) yield await mixer.read(at, Math.min(PCM_SAMPLE_RATE, total - at))
}

/** The bytes of samples, on machines that keep the low byte first (all Node runs on). */
export function pcmBytes(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength)
}

async function openStem(stem: Stem): Promise<OpenStem> {
  const file = await open(stem.pcmPath, 'r').catch((cause: Error) => {
    throw new SluiceError('storage_unavailable', `a sound of the mix cannot be read: ${cause.message}`, { cause })
  })
  const { size } = await file.stat()
  const envelopes = [
    ...(stem.duckUnder && stem.duckUnder.length > 0 ? [duckEnvelope(stem.duckUnder)] : []),
    ...(stem.role === 'music' ? [fadeIn(stem.startSeconds)] : []),
    ...(stem.fadeOutEndSeconds === undefined ? [] : [fadeOut(stem.fadeOutEndSeconds)]),
  ]
  const skipped = Math.round((stem.skipSeconds ?? 0) * PCM_SAMPLE_RATE)
  const fileFrames = Math.max(0, Math.floor(size / PCM_BYTES_PER_SAMPLE_FRAME) - skipped)
  const start = Math.round(stem.startSeconds * PCM_SAMPLE_RATE)
  const end = stem.fadeOutEndSeconds === undefined ? Number.POSITIVE_INFINITY : Math.round(stem.fadeOutEndSeconds * PCM_SAMPLE_RATE)
  return { file, start, length: Math.max(0, Math.min(fileFrames, end - start)), skipped, gainDb: stem.gainDb, envelopes }
}

async function add(stem: OpenStem, from: number, sum: Float32Array): Promise<void> {
  const first = Math.max(from, stem.start)
  const end = Math.min(from + sum.length / 2, stem.start + stem.length)
  if (end <= first) return
  const pcm = await readPcm(stem.file, stem.skipped + first - stem.start, end - first)
  let at = first
  while (at < end) {
    const change = sampleOf(nextChange(stem.envelopes, at / PCM_SAMPLE_RATE))
    const until = Math.min(end, Math.max(at + 1, change))
    addLine(stem, { pcm, first, from, at, until }, sum)
    at = until
  }
}

/** Adds samples between two points of the envelopes, where the gain is one line in dB. */
function addLine(
  stem: OpenStem,
  { pcm, first, from, at, until }: { pcm: Int16Array; first: number; from: number; at: number; until: number },
  sum: Float32Array,
): void {
  const gainAt = (sample: number) => {
    const db = stem.envelopes.reduce((sum, envelope) => sum + gainDbAt(envelope, sample / PCM_SAMPLE_RATE), stem.gainDb)
    return 10 ** (db / 20) / FULL_SCALE
  }
  const constant = gainAt(at)
  const flat = gainAt(until - 1) === constant
  for (let sample = at; sample < until; sample++) {
    // On a slope each sample's gain comes from its own time: a running product would depend on where the range began.
    const gain = flat ? constant : gainAt(sample)
    const source = (sample - first) * 2
    const target = (sample - from) * 2
    sum[target] = (sum[target] ?? 0) + (pcm[source] ?? 0) * gain
    sum[target + 1] = (sum[target + 1] ?? 0) + (pcm[source + 1] ?? 0) * gain
  }
}

const nextChange = (envelopes: readonly Envelope[], seconds: number): number =>
  envelopes.reduce((next, envelope) => Math.min(next, nextPoint(envelope, seconds)), Number.POSITIVE_INFINITY)

/** The first sample at or after a time. */
const sampleOf = (seconds: number): number => Math.ceil(seconds * PCM_SAMPLE_RATE - 1e-6)

async function readPcm(file: FileHandle, from: number, count: number): Promise<Int16Array> {
  const pcm = new Int16Array(count * 2)
  const bytes = pcmBytes(pcm)
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from * PCM_BYTES_PER_SAMPLE_FRAME + done)
    if (bytesRead === 0) break // shortened under our hands: the rest is silence
    done += bytesRead
  }
  return pcm
}
