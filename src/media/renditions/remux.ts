import type { RemuxOrder } from '../../ports/media-tool.ts'
import type { Input } from '../ffmpeg/inputs.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { outputTo, titleArgs } from './output.ts'

/** Copying a two-hour video takes seconds; the disk and the object store may be slow. */
const TIMEOUT_MS = 10 * 60_000

/** The segments of a rung as one fragmented MP4 on standard input: our own bytes. */
const segmentsInput: Input = { stdin: { format: 'mov' } }

/** The captions are WebVTT of our own making; no other format may open the file. Options after the usual ones replace them. */
const captionsInput = (path: string): Input => ({ path, options: ['-f', 'webvtt', '-format_whitelist', 'webvtt'] })

/** An MP4 for download, nothing encoded again: index first, so it plays while it loads; captions as a track that players offer. */
export async function remuxMp4(runner: ToolRunner, { segments, output, captionsPath, title, signal }: RemuxOrder): Promise<void> {
  const captions = captionsPath === undefined ? [] : ['-map', '1:s:0', '-c:s', 'mov_text']
  const target = outputTo(output, 'mp4')
  await runner.run({
    purpose: 'mp4',
    inputs: [segmentsInput, ...(captionsPath === undefined ? [] : [captionsInput(captionsPath)])],
    args: ['-map', '0:v:0?', '-map', '0:a:0?', '-c', 'copy', ...captions, ...titleArgs(title), '-movflags', '+faststart', ...target.args],
    writableFolders: target.writableFolders,
    stdin: segments,
    signal,
    timeoutMs: TIMEOUT_MS,
    blame: 'tool',
  })
}

/** The sound alone as M4A, nothing encoded again. */
export async function remuxM4a(runner: ToolRunner, { segments, output, title, signal }: Omit<RemuxOrder, 'captionsPath'>): Promise<void> {
  const target = outputTo(output, 'ipod')
  await runner.run({
    purpose: 'm4a',
    inputs: [segmentsInput],
    args: ['-map', '0:a:0', '-vn', '-c', 'copy', ...titleArgs(title), '-movflags', '+faststart', ...target.args],
    writableFolders: target.writableFolders,
    stdin: segments,
    signal,
    timeoutMs: TIMEOUT_MS,
    blame: 'tool',
  })
}
