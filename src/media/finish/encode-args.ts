import { GREY_HEIGHT, GREY_WIDTH, PCM_SAMPLE_RATE, type RungOrder, STILLS_PER_SECOND } from '../../ports/media-tool.ts'
import { firstFrame, frameCount, framesPerStill } from './timeline.ts'

/** A master may be short by this much; its last frame then stands still. */
export const PAD_SECONDS = 0.5

/** Constant quality of the top rung; lower ones are held by their rates. Lower is better, 18 is nearly transparent. */
const CRF = 22
/** Peak rate over the ordered one, and the buffer that peaks are measured with, in seconds. */
const PEAK = 1.2
const BUFFER_SECONDS = 1

/** A picture's part of an order. */
export interface PictureOrder {
  width: number
  height: number
  fps: number
  durationSeconds: number
  segmentSeconds: number
  releasedSegments: number
  rungs: readonly RungOrder[]
}

/** The frames of an order, exactly as many as there must be and all alike; those before `from` and from `to` on are left out. */
function exactFrames(
  { width, height, fps }: Pick<PictureOrder, 'width' | 'height' | 'fps'>,
  { from, to }: { from: number; to: number },
): string {
  return [
    'setpts=PTS-STARTPTS',
    `fps=${rate(fps)}`,
    `tpad=stop_mode=clone:stop=${Math.round(PAD_SECONDS * fps)}`,
    ...(from > 0 ? [`trim=start_frame=${from}:end_frame=${to}`, 'setpts=PTS-STARTPTS'] : [`trim=end_frame=${to}`]),
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=bicubic`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    'setsar=1',
    'format=yuv420p',
    // Equal tags for every master, or the parameter sets of two stretches would differ.
    'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog',
  ].join(',')
}

/** A rung from the one above it; nothing where it has the size of the order. */
function scaleTo(rung: RungOrder, i: number, { width, height }: Pick<PictureOrder, 'width' | 'height'>): string {
  return i === 0 && rung.width === width && rung.height === height ? '' : `scale=${rung.width}:${rung.height}:flags=bicubic,`
}

/**
 * One decode for everything. The frames are brought to the ordered size and rate, exactly as many as ordered; then a small
 * grey copy of all goes to `pipe:3`, a whole picture now and then to `pipe:4`, and those not released yet to one encoder a
 * rung, `pipe:5` and up. A rung is scaled from the one above it. Pure.
 */
export function pictureArgs(order: PictureOrder): string[] {
  const { fps, durationSeconds, segmentSeconds, releasedSegments, rungs } = order
  const total = frameCount(durationSeconds, fps)
  const skipped = firstFrame(releasedSegments, segmentSeconds, fps)
  const encoded = skipped < total ? rungs : []
  const graph = [
    `[0:v:0]${exactFrames(order, { from: 0, to: total })},split=2[all][s0]`,
    // Times of its own, evenly spaced, so that none is doubled to fill the time between two.
    `[all]select=gte(n\\,selected_n*${framesPerStill(fps)}),setpts=N/${STILLS_PER_SECOND}/TB[stills]`,
  ]
  for (const [i, rung] of encoded.entries()) {
    const skip = skipped > 0 ? `trim=start_frame=${skipped},setpts=PTS-STARTPTS` : 'null'
    graph.push(`[s${i}]${scaleTo(rung, i, order)}split=2[r${i}][s${i + 1}]`, `[r${i}]${skip}[v${i}]`)
  }
  graph.push(`[s${encoded.length}]scale=${GREY_WIDTH}:${GREY_HEIGHT}:flags=area:out_range=full,format=gray[grey]`)
  return [
    '-xerror',
    '-filter_complex',
    graph.join(';'),
    ...['-map', '[grey]', '-c:v', 'rawvideo', '-pix_fmt', 'gray', '-r', rate(fps), '-flush_packets', '1', '-f', 'rawvideo', 'pipe:3'],
    ...['-map', '[stills]', '-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-r', String(STILLS_PER_SECOND)],
    ...['-flush_packets', '1', '-f', 'rawvideo', 'pipe:4'],
    ...encoded.flatMap((rung, i) => ['-map', `[v${i}]`, ...encoderArgs(rung, order), `pipe:${5 + i}`]),
  ]
}

/**
 * Only the rungs, and only the frames from `from` to before `to`, to `pipe:3` and up: the same frames, coded the same way, as the whole
 * order has there. `releasedSegments` are the segments before `from`. Pure.
 */
export function chunkArgs(order: PictureOrder, frames: { from: number; to: number }): string[] {
  const { rungs } = order
  const graph = [`[0:v:0]${exactFrames(order, frames)}[s0]`]
  for (const [i, rung] of rungs.entries()) {
    const scale = scaleTo(rung, i, order)
    graph.push(i < rungs.length - 1 ? `[s${i}]${scale}split=2[v${i}][s${i + 1}]` : `[s${i}]${scale}null[v${i}]`)
  }
  return [
    '-xerror',
    '-filter_complex',
    graph.join(';'),
    ...rungs.flatMap((rung, i) => ['-map', `[v${i}]`, ...encoderArgs(rung, order), `pipe:${3 + i}`]),
  ]
}

function encoderArgs({ videoBitsPerSecond }: RungOrder, { fps, segmentSeconds, releasedSegments }: PictureOrder): string[] {
  const perSegment = segmentSeconds * fps
  const skipped = firstFrame(releasedSegments, segmentSeconds, fps)
  const peak = Math.round(videoBitsPerSecond * PEAK)
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-r', rate(fps)],
    ...['-crf', String(CRF), '-maxrate', String(peak), '-bufsize', String(Math.round(peak * BUFFER_SECONDS))],
    // No frames out of order: time shown is time decoded in every player and demuxer, see docs/decisions/cmaf-packager.md.
    ...['-bf', '0', '-refs', '2'],
    // A key frame where each segment begins and nowhere else.
    ...['-g', String(Math.ceil(perSegment) + 1), '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:gte(n+${skipped},round((n_forced+${releasedSegments})*${perSegment}))`],
    // Headers that do not depend on the picture; no flags that tell one run from another.
    ...['-x264-params', 'stitchable=1'],
    ...['-color_range', 'tv', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709'],
    // Every frame is handed over when it is coded, not when the next key frame comes.
    ...['-movflags', 'empty_moov+default_base_moof+frag_every_frame', '-flush_packets', '1', '-f', 'mp4'],
  ]
}

/** What the sound's encoder reads on standard input. */
export const PCM_INPUT = {
  format: 's16le',
  options: ['-ar', String(PCM_SAMPLE_RATE), '-ac', '2', '-probesize', '32', '-analyzeduration', '0'],
}

/** The mix to AAC LC in ADTS, once for each rate, at `pipe:3` and up. Pure. */
export function soundArgs(rates: readonly number[]): string[] {
  return rates.flatMap((bits, i) => [
    '-map',
    '0:a',
    '-c:a',
    'aac',
    '-b:a',
    String(bits),
    '-flush_packets',
    '1',
    '-f',
    'adts',
    `pipe:${3 + i}`,
  ])
}

/** A frame rate as FFmpeg takes it: 23.976 and its like as fractions. */
function rate(fps: number): string {
  const ntsc = Math.round(fps)
  return Math.abs(fps - (ntsc * 1_000) / 1_001) < 1e-3 && fps !== ntsc ? `${ntsc * 1_000}/1001` : String(fps)
}
