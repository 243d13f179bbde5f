import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Ordered } from '../../../src/ports/inspector.ts'
import { ffmpeg } from '../helpers/masters.ts'

/** A piece of the test set of the file checks: what was ordered, and a file that is that or is not, in a known way. */
export interface FaultyFile {
  name: string
  /** The checks that must find fault with it. None: it is a control. */
  shows: readonly string[]
  /** Checks for which it is neither a fault nor a control. */
  leaves?: readonly string[]
  ordered: Ordered
  extension: 'mp4' | 'mkv' | 'webm' | 'mov'
  /** What FFmpeg is asked for, the output left out. */
  args: readonly string[]
  /** ... and for a copy of that which takes its place. */
  copied?: readonly string[]
  /** Shown a quarter turn clockwise. */
  turned?: boolean
}

const SECONDS = 4
const ordered: Ordered = { durationSeconds: SECONDS, width: 320, height: 180, fps: 30, audible: true }

const picture = ({ seconds = SECONDS, fps = '30', size = '320x180' } = {}) => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=s=${size}:r=${fps}:d=${seconds}`,
]
const sound = (seconds = SECONDS) => ['-f', 'lavfi', '-i', `sine=f=330:r=48000:d=${seconds}`]
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '30']
const AAC = ['-c:a', 'aac', '-ac', '2']

const good = (name: string, args: readonly string[], more: Partial<FaultyFile> = {}): FaultyFile => ({
  name,
  shows: [],
  ordered,
  extension: 'mp4',
  args,
  ...more,
})
const bad = (name: string, shows: string[], args: readonly string[], more: Partial<FaultyFile> = {}): FaultyFile => ({
  ...good(name, args, more),
  shows,
})

const copied = (...args: string[]) => ({ copied: ['-c', 'copy', ...args] })
/** Every packet from the `n`th on so many seconds later. */
const shifted = (stream: 'v' | 'a', n: number, seconds: number) =>
  copied(`-bsf:${stream}`, `setts=pts=PTS+gte(N\\,${n})*${seconds}/TB:dts=DTS+gte(N\\,${n})*${seconds}/TB`)
const stretched = (stream: 'v' | 'a', speed: number) => copied(`-bsf:${stream}`, `setts=pts=PTS*${speed}:dts=DTS*${speed}`)

export function faultyFiles(): FaultyFile[] {
  return [
    good('as ordered', [...picture(), ...sound(), ...H264, ...AAC]),
    good('with frames out of order', [...picture(), ...sound(), '-c:v', 'libx264', '-bf', '3', '-pix_fmt', 'yuv420p', ...AAC]),
    good('Matroska, times in milliseconds', [...picture({ fps: '60' }), ...sound(), ...H264, ...AAC], {
      extension: 'mkv',
      ordered: { ...ordered, fps: 60 },
    }),
    good('WebM', [...picture(), ...sound(), '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'], {
      extension: 'webm',
    }),
    good('QuickTime with PCM', [...picture(), ...sound(), ...H264, '-c:a', 'pcm_s16le'], { extension: 'mov' }),
    good('MP3 at 22,050 Hz', [...picture(), ...sound(), ...H264, '-c:a', 'libmp3lame', '-ar', '22050']),
    good('29.97 for 30', [...picture({ fps: '30000/1001' }), ...sound(), ...H264, ...AAC]),
    good('on its side, shown upright', [...picture({ size: '180x320' }), ...sound(), ...H264, ...AAC], { turned: true }),

    bad('without a picture', ['decodes'], [...sound(), ...AAC], { leaves: ['size', 'fps'] }),
    bad('without its sound', ['decodes'], [...picture(), ...H264]),
    bad('half as long', ['duration'], [...picture({ seconds: 2 }), ...sound(2), ...H264, ...AAC]),
    bad('a little longer', ['duration'], [...picture({ seconds: 4.4 }), ...sound(4.4), ...H264, ...AAC]),
    bad('half as large', ['size'], [...picture({ size: '160x90' }), ...sound(), ...H264, ...AAC]),
    bad('25 for 30', ['fps'], [...picture({ fps: '25' }), ...sound(), ...H264, ...AAC]),
    bad('24 for 30', ['fps'], [...picture({ fps: '24' }), ...sound(), ...H264, ...AAC]),
    bad('sound half a second short', ['av_mismatch'], [...picture(), ...sound(3.5), ...H264, ...AAC]),
    bad('sound 0.2 s short', ['av_mismatch'], [...picture(), ...sound(3.8), ...H264, ...AAC]),
    good('sound 0.1 s short', [...picture(), ...sound(3.9), ...H264, ...AAC]),
    bad('a hole of 0.5 s in the picture', ['timestamps'], [...picture({ seconds: 3.5 }), ...sound(), ...H264, ...AAC], {
      ...shifted('v', 60, 0.5),
      leaves: ['decodes', 'fps', 'av_mismatch'],
    }),
    bad('a hole of 0.5 s in the sound', ['timestamps'], [...picture(), ...sound(3.5), ...H264, ...AAC], {
      ...shifted('a', 60, 0.5),
      extension: 'mkv',
      leaves: ['av_drift', 'av_mismatch'],
    }),
    good('a hole of 0.1 s in the picture', [...picture({ seconds: 3.9 }), ...sound(), ...H264, ...AAC], {
      ...shifted('v', 60, 0.1),
      leaves: ['decodes', 'fps'],
    }),
    bad(
      'a rate that varies',
      ['variable_fps'],
      [...picture(), ...sound(), '-vf', "select='not(mod(n,3))+lt(mod(n,30),10)'", '-vsync', 'vfr', ...H264, ...AAC],
      {
        leaves: ['fps', 'decodes', 'duration'],
      },
    ),
    bad('from the middle of a group on', ['keyframe_start'], [...picture(), ...H264, '-bsf:v', 'noise=drop=eq(n\\,0)'], {
      ordered: { ...ordered, audible: false },
      leaves: ['decodes', 'timestamps'],
    }),
    bad('a clock 4 % too slow', ['av_drift'], [...picture(), ...sound(), ...H264, ...AAC], {
      ...stretched('a', 1.04),
      leaves: ['av_mismatch'],
    }),
    bad('a clock 4 % too fast', ['av_drift'], [...picture(), ...sound(), ...H264, ...AAC], {
      ...stretched('a', 0.96),
      extension: 'mkv',
      leaves: ['av_mismatch'],
    }),
    good('a clock 1 % too slow', [...picture(), ...sound(), ...H264, ...AAC], stretched('a', 1.01)),
    ...(['smpte2084', 'arib-std-b67'] as const).map((transfer) =>
      bad(
        `HDR, ${transfer}`,
        ['hdr'],
        [...picture(), ...sound(), ...H264, ...AAC, '-color_trc', transfer, '-colorspace', 'bt2020nc', '-color_primaries', 'bt2020'],
      ),
    ),
  ]
}

/** Writes the file and returns `path`. */
export async function makeFaultyFile({ args, copied: again, turned }: FaultyFile, path: string): Promise<string> {
  await ffmpeg(...args, `file:${path}`)
  if (again) {
    const first = path.replace(/\.\w+$/, '-first$&')
    await rename(path, first)
    await ffmpeg('-i', first, ...again, `file:${path}`)
  }
  if (turned) await turn(path)
  return path
}

/** Where the matrix lies behind the name of a track's header, version 0 (ISO/IEC 14496-12, 8.3.2). */
const MATRIX_OFFSET = 44
/** A quarter turn clockwise: 16.16 fixed point, the last column 2.30. */
const QUARTER_TURN = [0, 0x1_0000, 0, -0x1_0000, 0, 0, 0, 0, 0x4000_0000]

/** Has an MP4's picture, its first track, shown a quarter turn clockwise. */
export async function turn(path: string): Promise<void> {
  const bytes = await readFile(path)
  const header = bytes.indexOf('tkhd')
  for (const [n, value] of QUARTER_TURN.entries()) bytes.writeInt32BE(value, header + MATRIX_OFFSET + 4 * n)
  await writeFile(path, bytes)
}
