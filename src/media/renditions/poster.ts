import type { ToolRunner } from '../ffmpeg/run.ts'
import { checkWritten, outputTo } from './output.ts'

const TIMEOUT_MS = 60_000

/** The frame at a time as a JPEG of the video's size. Throws `media_unreadable` when there is none, as after the end. */
export async function poster(
  runner: ToolRunner,
  { input, output, atSeconds, signal }: { input: string; output: string; atSeconds: number; signal: AbortSignal },
): Promise<void> {
  const target = outputTo(output, 'mjpeg')
  await runner.run({
    purpose: 'poster',
    inputs: [{ path: input, options: ['-ss', atSeconds.toFixed(3)] }],
    args: ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '3', ...target.args],
    writableFolders: target.writableFolders,
    signal,
    timeoutMs: TIMEOUT_MS,
  })
  await checkWritten(output, `The poster at ${atSeconds.toFixed(2)} s`)
}
