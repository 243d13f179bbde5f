import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Loudness, PCM_BYTES_PER_SAMPLE_FRAME, PCM_SAMPLE_RATE, type Stem } from '../../ports/media-tool.ts'
import { mixBlocks, openMixer, pcmBytes } from '../mix/mixer.ts'
import { EBUR128, readLoudness } from './loudness.ts'
import type { ToolRunner } from './run.ts'

const DECODE_TIMEOUT_MS = 10 * 60_000
/** One channel is heard at its full level on both sides, as players do it; left to itself, FFmpeg takes 3 dB off, and what was clipped is no longer at full scale. */
const MONO_AT_FULL_LEVEL = "volume='if(eq(nb_channels,1),sqrt(2),1)':eval=once:precision=float"
const PCM_FORMAT = ['-ar', String(PCM_SAMPLE_RATE), '-ac', '2']

/** One run: the first sound track as raw PCM, and its loudness. A file without one is `media_unreadable`. */
export async function decodeAudio(
  runner: ToolRunner,
  { input, pcmPath, signal }: { input: string; pcmPath: string; signal: AbortSignal },
): Promise<Loudness & { durationSeconds: number }> {
  const { stderr } = await runner.run({
    purpose: 'decode sound',
    inputs: [{ path: input }],
    args: [
      '-map',
      '0:a:0',
      '-af',
      `${MONO_AT_FULL_LEVEL},aresample=${PCM_SAMPLE_RATE}:async=1:first_pts=0,aformat=channel_layouts=stereo,${EBUR128}`,
      ...PCM_FORMAT,
      '-f',
      's16le',
      `file:${pcmPath}`,
    ],
    writableFolders: [dirname(pcmPath)],
    logLevel: 'info',
    signal,
    timeoutMs: DECODE_TIMEOUT_MS,
  })
  const { size } = await stat(pcmPath)
  return { ...readLoudness(stderr), durationSeconds: size / PCM_BYTES_PER_SAMPLE_FRAME / PCM_SAMPLE_RATE }
}

/** Mixes the stems once more and measures what comes out. */
export async function measureMix(
  runner: ToolRunner,
  { stems, durationSeconds, signal }: { stems: Stem[]; durationSeconds: number; signal: AbortSignal },
): Promise<Loudness> {
  await using mixer = await openMixer(stems)
  const { stderr } = await runner.run({
    purpose: 'measure mix',
    inputs: [{ stdin: { format: 's16le', options: PCM_FORMAT } }],
    args: ['-af', EBUR128, '-f', 'null', '-'],
    stdin: bytesOf(mixBlocks(mixer, durationSeconds)),
    logLevel: 'info',
    signal,
    timeoutMs: DECODE_TIMEOUT_MS,
    blame: 'tool',
  })
  return readLoudness(stderr)
}

async function* bytesOf(blocks: AsyncIterable<Int16Array>): AsyncGenerator<Uint8Array> {
  for await (const block of blocks) yield pcmBytes(block)
}
