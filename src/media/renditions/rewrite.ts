import type { ToolRunner } from '../ffmpeg/run.ts'
import { checkWritten, outputTo } from './output.ts'

/** Copying costs seconds; the disk may be slow. */
const TIMEOUT_MS = 10 * 60_000

/**
 * The same pictures and sounds in a new MP4: timestamps made anew where they are missing and counted from zero, the index at the front.
 * Throws `media_unreadable` for what has none of them.
 */
export async function rewrite(
  runner: ToolRunner,
  { input, output, signal }: { input: string; output: string; signal: AbortSignal },
): Promise<void> {
  const target = outputTo(output, 'mp4')
  await runner.run({
    purpose: 'rewrite',
    inputs: [{ path: input, options: ['-fflags', '+genpts+discardcorrupt'] }],
    args: ['-map', '0:v:0?', '-map', '0:a:0?', '-c', 'copy', '-avoid_negative_ts', 'make_zero', '-movflags', '+faststart', ...target.args],
    writableFolders: target.writableFolders,
    signal,
    timeoutMs: TIMEOUT_MS,
  })
  await checkWritten(output, 'the file written anew')
}
