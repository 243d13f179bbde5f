import type { Storyboard } from '../../ports/media-tool.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { jpegSize } from './jpeg-size.ts'
import { checkWritten, outputTo } from './output.ts'

const TILE_WIDTH = 160
const MAX_COLUMNS = 10
const MAX_TILES = 100
/** Below this length every frame is decoded and there are about ten tiles; above, only key frames, of which our videos have one every two seconds at least. */
const SHORT_SECONDS = 20
const KEY_FRAME_SECONDS = 2

/** When the tiles are and how they lie. Pure. At most 100 tiles, ten in a row. */
export function storyboardGrid(durationSeconds: number): { intervalSeconds: number; count: number; columns: number; rows: number } {
  const short = durationSeconds < SHORT_SECONDS
  const intervalSeconds = short
    ? Math.max(0.1, Math.round(durationSeconds) / 10)
    : Math.max(KEY_FRAME_SECONDS, Math.ceil(durationSeconds / MAX_TILES))
  const count = Math.max(1, Math.ceil(durationSeconds / intervalSeconds - 1e-6))
  const columns = Math.min(MAX_COLUMNS, count)
  return { intervalSeconds, count, columns, rows: Math.ceil(count / columns) }
}

/**
 * A JPEG of small tiles over the whole video. A tile shows the last key frame before its time (four times cheaper than
 * decoding all), which belongs to the same shot, since a shot begins with one.
 */
export async function storyboard(
  runner: ToolRunner,
  { input, output, durationSeconds, signal }: { input: string; output: string; durationSeconds: number; signal: AbortSignal },
): Promise<Storyboard> {
  const grid = storyboardGrid(durationSeconds)
  const { intervalSeconds, count, columns, rows } = grid
  const target = outputTo(output, 'mjpeg')
  const tiles = [
    // A little early, so that a frame at 1.999 counts for 2.
    'setpts=PTS-STARTPTS-0.01/TB',
    // Rounding up makes a tile show the last frame that is not after its time.
    `fps=1/${intervalSeconds}:start_time=0:round=up`,
    `scale=${TILE_WIDTH}:-2:flags=area`,
    // Where key frames are rarer than tiles the last one is repeated.
    `tpad=stop_mode=clone:stop=${count}`,
    `trim=end_frame=${count}`,
    `tile=${columns}x${rows}`,
  ]
  await runner.run({
    purpose: 'storyboard',
    inputs: [{ path: input, options: durationSeconds < SHORT_SECONDS ? [] : ['-skip_frame', 'nokey'] }],
    args: ['-map', '0:v:0', '-vf', tiles.join(','), '-frames:v', '1', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '5', ...target.args],
    writableFolders: target.writableFolders,
    signal,
    timeoutMs: 120_000 + durationSeconds * 2_000,
  })
  await checkWritten(output, 'The storyboard')
  const { height } = await jpegSize(output)
  return { ...grid, tileWidth: TILE_WIDTH, tileHeight: height / rows }
}
