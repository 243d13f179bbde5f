import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RemoteRef, TakeOutput } from '../../src/domain/take.ts'
import type { Provider, TakeStatus } from '../../src/ports/provider.ts'
import { eventually } from './eventually.ts'

const never = new AbortController().signal
const ENDS = new Set<TakeStatus['state']>(['succeeded', 'failed', 'cancelled', 'expired', 'lost'])

/** Asks until the take has ended. */
export function untilEnded(provider: Provider, ref: RemoteRef): Promise<TakeStatus> {
  return eventually(
    () => provider.status(ref, { signal: never }),
    ({ state }) => ENDS.has(state),
    20_000,
  )
}

/** What a take that succeeded is made of. */
export async function delivered(provider: Provider, ref: RemoteRef): Promise<Extract<TakeStatus, { state: 'succeeded' }>> {
  const status = await untilEnded(provider, ref)
  if (status.state !== 'succeeded') throw new Error(`the take ended as ${JSON.stringify(status)}`)
  return status
}

export async function bytesOf(provider: Provider, output: TakeOutput, fromByte = 0): Promise<Buffer> {
  const { stream } = await provider.fetch(output, { signal: never, fromByte })
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

export interface Playable {
  durationSeconds: number
  /** `codec_type` of each stream. */
  streams: string[]
  width?: number
  height?: number
}

/** Decodes bytes with FFmpeg's probe; throws for what no player would take. */
export async function playable(bytes: Uint8Array): Promise<Playable> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-played-'))
  try {
    const path = join(folder, 'media')
    await writeFile(path, bytes)
    const { stdout } = await promisify(execFile)('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', path])
    const { format, streams } = JSON.parse(stdout) as {
      format: { duration: string }
      streams: { codec_type: string; width?: number; height?: number }[]
    }
    const picture = streams.find(({ codec_type }) => codec_type === 'video')
    return {
      durationSeconds: Number(format.duration),
      streams: streams.map(({ codec_type }) => codec_type),
      ...(picture?.width !== undefined && { width: picture.width }),
      ...(picture?.height !== undefined && { height: picture.height }),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
