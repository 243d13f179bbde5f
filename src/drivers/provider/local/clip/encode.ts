import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { SluiceError } from '../../../../domain/errors.ts'

export interface FrameEncoder {
  /** Takes a frame of RGBA bytes, which must not change until the next call resolves. Resolves once the frame before it has left. */
  write(frame: Uint8Array): Promise<void>
  /** Ends the film; resolves with its size in bytes once the file is complete. */
  end(): Promise<number>
  /** Kills FFmpeg. The file is not complete then. Safe to call after `end`. */
  kill(): void
}

/** FFmpeg is given this many milliseconds to take a frame or to finish. */
const STALL_LIMIT_MS = 60_000

/**
 * Encodes raw frames to H.264 in MP4: near-lossless and fast, for it is decoded once and encoded again for the viewer.
 * FFmpeg reads nothing but our pixels on its standard input.
 */
export function encodeFrames(order: { ffmpegPath: string; path: string; width: number; height: number; fps: number }): FrameEncoder {
  const { width, height, fps } = order
  const args = [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-y'],
    ...[
      '-protocol_whitelist',
      'file,pipe',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgba',
      '-s',
      `${width}x${height}`,
      '-r',
      String(fps),
      '-i',
      'pipe:0',
    ],
    ...['-vf', 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16', '-g', String(fps * 2), '-threads', '2'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...['-an', '-movflags', '+faststart', '-f', 'mp4', `file:${order.path}`],
  ]
  const child = spawn(order.ffmpegPath, args, { stdio: ['pipe', 'ignore', 'pipe'], env: environment() })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000)
  })
  // A broken pipe is told by the exit, with FFmpeg's own words.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new SluiceError('media_tool_missing', `FFmpeg is not at ${order.ffmpegPath}`, {
              fix: 'Install FFmpeg or set its path in the configuration.',
            })
          : error,
      ),
    )
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      const full = /No space left/i.test(complaint)
      reject(
        new SluiceError(
          full ? 'storage_full' : 'media_tool_failed',
          `FFmpeg ended with ${signal ?? code} while encoding frames: ${complaint.trim()}`,
        ),
      )
    })
  })
  ended.catch(() => {})
  let leaving: Promise<void> = Promise.resolve()

  async function within<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => child.kill('SIGKILL'), STALL_LIMIT_MS)
    try {
      // When the pipe breaks, FFmpeg's own words say why.
      return await work.catch(() => ended.then(() => Promise.reject(new SluiceError('media_tool_failed', 'FFmpeg stopped reading frames'))))
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async write(frame) {
      const before = leaving
      leaving = new Promise<void>((resolve, reject) => child.stdin.write(frame, (error) => (error ? reject(error) : resolve())))
      leaving.catch(() => {})
      await within(before)
    },
    async end() {
      child.stdin.end()
      await within(ended)
      return (await stat(order.path)).size
    },
    kill() {
      if (child.exitCode === null) child.kill('SIGKILL')
    },
  }
}

/** Only what a program needs to find its libraries: no key of ours is FFmpeg's business. */
function environment(): Record<string, string> {
  const names = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}
