import type { ToolRunner } from './run.ts'
import type { SandboxTools } from './sandbox.ts'

const TIMEOUT_MS = 10_000

/** What Sluice asks of FFmpeg. */
const NEEDED = {
  encoders: ['libx264', 'libvpx-vp9', 'libopus', 'libmp3lame', 'aac', 'mjpeg'],
  filters: ['scale', 'fps', 'tpad', 'trim', 'pad', 'split', 'ebur128', 'aresample', 'tile', 'setparams', 'select'],
  muxers: ['mp4', 'ipod', 'webm', 'mp3', 'adts', 'rawvideo', 's16le', 'image2'],
} as const

export interface FfmpegCapabilities {
  /** e.g. `5.1.9-0+deb12u1`. */
  ffmpegVersion: string
  ffprobeVersion: string
  /** Needed parts this build does not have, as `encoder libx264`. */
  missing: string[]
  sandbox: SandboxTools
}

/** For `sluice doctor` and the manifest. Throws `media_tool_missing` when a program does not start. */
export async function readCapabilities(runner: ToolRunner): Promise<FfmpegCapabilities> {
  const ask = async (tool: 'ffmpeg' | 'ffprobe', arg: string) =>
    (
      await runner.run({ tool, inputs: [], args: [arg], signal: new AbortController().signal, timeoutMs: TIMEOUT_MS, blame: 'tool' })
    ).stdout.toString('utf8')
  const [version, probeVersion, encoders, filters, muxers, sandbox] = await Promise.all([
    ask('ffmpeg', '-version'),
    ask('ffprobe', '-version'),
    ask('ffmpeg', '-encoders'),
    ask('ffmpeg', '-filters'),
    ask('ffmpeg', '-muxers'),
    runner.sandbox(),
  ])
  const lacks = (kind: string, needed: readonly string[], listing: string) =>
    needed.filter((name) => !listed(listing).has(name)).map((name) => `${kind} ${name}`)
  return {
    ffmpegVersion: versionOf(version),
    ffprobeVersion: versionOf(probeVersion),
    missing: [
      ...lacks('encoder', NEEDED.encoders, encoders),
      ...lacks('filter', NEEDED.filters, filters),
      ...lacks('muxer', NEEDED.muxers, muxers),
    ],
    sandbox,
  }
}

/** Versions alone, for the manifest. */
export async function readVersions(runner: ToolRunner): Promise<Record<string, string>> {
  const { stdout } = await runner.run({
    purpose: 'versions',
    inputs: [],
    args: ['-version'],
    signal: new AbortController().signal,
    timeoutMs: TIMEOUT_MS,
    blame: 'tool',
  })
  const text = stdout.toString('utf8')
  const libraries = ['libavcodec', 'libavformat', 'libavfilter'].map((name) => {
    const numbers = new RegExp(`^${name}\\s+([\\d. ]+)/`, 'm').exec(text)?.[1]
    return [name, numbers?.replaceAll(' ', '') ?? 'unknown']
  })
  return { ffmpeg: versionOf(text), ...Object.fromEntries(libraries) }
}

const versionOf = (text: string): string => /version (\S+)/.exec(text)?.[1] ?? 'unknown'

/** Second column of FFmpeg's lists; one line may name several, as `mov,mp4`. */
function listed(text: string): Set<string> {
  return new Set(text.split('\n').flatMap((line) => /^\s*[A-Z.|]+\s+(\S+)/.exec(line)?.[1]?.split(',') ?? []))
}
