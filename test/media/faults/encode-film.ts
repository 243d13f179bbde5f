import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { paths } from '../helpers/masters.ts'

/** What a camera's chip adds, the same each time. */
const GRAIN = 'noise=alls=5:allf=t:all_seed=7'
const PLAIN = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '20', '-pix_fmt', 'yuv420p']

/** Frames of RGBA bytes to a file, by plain FFmpeg: for what the tests look at. */
export async function encodeFilm(
  film: { path: string; width: number; height: number; fps: number; filters?: string; encoder?: readonly string[] },
  frames: () => Iterable<Uint8Array>,
): Promise<void> {
  const { path, width, height, fps, filters = GRAIN, encoder = PLAIN } = film
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${width}x${height}`, '-r', String(fps), '-i', 'pipe:0']
  const output = ['-vf', `${filters},scale=out_color_matrix=bt709:out_range=tv`, ...encoder, `file:${path}`]
  const child = spawn(paths.ffmpegPath, ['-hide_banner', '-v', 'error', '-y', ...input, ...output], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = once(child, 'close')
  // Why it stopped reading is told by its end.
  child.stdin.on('error', () => {})
  for (const frame of frames()) if (!child.stdin.write(frame)) await Promise.race([once(child.stdin, 'drain'), ended])
  child.stdin.end()
  const [code] = await ended
  if (code !== 0) throw new Error(`ffmpeg ended with ${code} while making ${path}`)
}
