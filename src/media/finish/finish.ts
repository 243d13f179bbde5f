import { createHash } from 'node:crypto'
import { SluiceError } from '../../domain/errors.ts'
import type { FinishOrder, FinishPiece, RungOrder } from '../../ports/media-tool.ts'
import { PCM_SAMPLE_RATE } from '../../ports/media-tool.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { createMixWindow, type MixWindow } from '../mix/mix-window.ts'
import { openMixer } from '../mix/mixer.ts'
import { AAC_FRAME_SAMPLES } from '../packager/adts.ts'
import { codecsOf, initSegment } from '../packager/fmp4/init-segment.ts'
import { mediaSegment, type Sample } from '../packager/fmp4/media-segment.ts'
import { createIntake } from './intake.ts'
import { type PictureTrack, startPictureTrack } from './picture-track.ts'
import { type SoundTrack, startSoundTrack } from './sound-track.ts'
import { type Slot, slotsOf } from './timeline.ts'

/** Coded and grey data held for a consumer that is slow, before FFmpeg has to wait. */
const HELD_BYTES = 8 * 2 ** 20
/** Sound is handed on in parts of this length. */
const SOUND_PART_SAMPLES = PCM_SAMPLE_RATE / 2
/** A killed worker's run goes on elsewhere; this only ends one that hangs. */
const timeoutMs = (durationSeconds: number) => 10 * 60_000 + durationSeconds * 60_000

/**
 * One stretch of the timeline: the master is decoded once, its pictures and the mix are handed on for judging while the
 * rungs are encoded, and every segment follows all pictures and sound of its time. Stops FFmpeg when the consumer stops.
 *
 * Throws `media_unreadable` for a master that does not decode or is more than half a second short, `media_tool_missing`,
 * `media_tool_failed`, `storage_unavailable` for a stem that is gone, or the signal's reason.
 */
export async function* finish(runner: ToolRunner, order: FinishOrder): AsyncGenerator<FinishPiece, void, undefined> {
  const { video, rungs, stems, signal } = order
  signal.throwIfAborted()
  if (!video && stems.length === 0) throw new Error('nothing to finish: neither a picture nor a sound')
  const slots = slotsOf({ ...order, fps: video?.fps ?? null })
  const todo = slots.slice(order.releasedSegments)
  const intake = createIntake(HELD_BYTES)
  const scale = video && timescaleOf(video.fps)

  await using mixer = await openMixer(stems)
  const mix = createMixWindow(mixer)
  const limits = { signal, timeoutMs: timeoutMs(order.durationSeconds) }
  await using running = new AsyncDisposableStack()
  const stopLater = <T extends PictureTrack | SoundTrack>(track: T): T => {
    running.defer(async () => {
      track.process.kill()
      await track.process.done.catch(() => {})
    })
    return track
  }
  const picture = video && scale && stopLater(await startPictureTrack(runner, intake, { ...order, ...video, ...limits, ...scale }))
  const [firstTodo] = todo
  const sound =
    stems.length > 0 && firstTodo
      ? stopLater(await startSoundTrack(runner, intake, { rungs, mix, from: firstTodo.sound.from, ...limits }))
      : null

  let told = false
  for (const slot of slots) {
    const fed = slot.index >= (firstTodo?.index ?? Number.POSITIVE_INFINITY) ? sound?.feed(slot.sound.to) : undefined
    fed?.catch(() => {}) // awaited below
    yield* pictures(picture, slot, video?.fps ?? 0)
    if (stems.length > 0) yield* sounds(mix, slot)
    mix.forget(slot.samples.to - PCM_SAMPLE_RATE)
    if (!todo.includes(slot)) continue
    const coded: CodedSlot = {
      slot,
      frameTicks: scale?.frameTicks ?? 0,
      startFrame: Math.round(order.startSeconds * (video?.fps ?? 0)),
      video: new Map(),
      audio: new Map(),
    }
    if (picture) for (const { name } of rungs) coded.video.set(name, await picture.samples(name, slot.frames.from, slot.frames.to))
    if (sound) {
      await fed
      if (slot === todo.at(-1)) sound.end()
      coded.audio = await sound.take(slot.sound.to)
    }
    if (!told) {
      const inits = rungs.map((rung) => init(rung, picture, scale, sound !== null))
      requireSameInits(order.publishedInits ?? [], inits)
      yield { kind: 'init', rungs: inits }
      told = true
    }
    yield {
      kind: 'segment',
      index: slot.index,
      startSeconds: slot.startSeconds,
      durationSeconds: slot.durationSeconds,
      rungs: rungs.map((rung) => ({ name: rung.name, bytes: pack(rung, coded) })),
    }
  }
  await picture?.process.done
  await sound?.process.done
}

async function* pictures(
  track: PictureTrack | null,
  { frames, startSeconds }: Slot,
  fps: number,
): AsyncGenerator<FinishPiece, void, undefined> {
  if (!track) return
  for (let frame = frames.from; frame < frames.to; frame++) {
    const seconds = startSeconds + (frame - frames.from) / fps
    yield { kind: 'picture', seconds, grey: await track.grey() }
    const still = await track.still()
    if (still) yield { kind: 'still', seconds, frame: still }
  }
}

async function* sounds(mix: MixWindow, { samples }: Slot): AsyncGenerator<FinishPiece, void, undefined> {
  for (let at = samples.from; at < samples.to; at += SOUND_PART_SAMPLES) {
    const pcm = await mix.read(at, Math.min(SOUND_PART_SAMPLES, samples.to - at))
    yield { kind: 'sound', seconds: at / PCM_SAMPLE_RATE, pcm }
  }
}

/** Everything one segment is made of, by rung and by audio rate. */
interface CodedSlot {
  slot: Slot
  frameTicks: number
  /** The stretch's first frame on the timeline. */
  startFrame: number
  video: Map<string, Sample[]>
  audio: Map<number, Uint8Array[]>
}

function pack(rung: RungOrder, { slot, frameTicks, startFrame, video, audio }: CodedSlot): Uint8Array {
  const frames = video.get(rung.name)
  const sound = audio.get(rung.audioBitsPerSecond)
  return mediaSegment({
    sequence: slot.index + 1,
    video: frames ? { decodeTime: (startFrame + slot.frames.from) * frameTicks, samples: frames } : null,
    audio: sound
      ? {
          decodeTime: slot.sound.from * AAC_FRAME_SAMPLES,
          samples: sound.map((bytes) => ({ bytes, duration: AAC_FRAME_SAMPLES, compositionOffset: 0, sync: true })),
        }
      : null,
  })
}

function init(
  rung: RungOrder,
  picture: PictureTrack | null,
  scale: { timescale: number } | null,
  audible: boolean,
): { name: string; bytes: Uint8Array; codecs: string } {
  const { name, width, height, audioBitsPerSecond } = rung
  const video = picture && scale && width && height ? { width, height, timescale: scale.timescale, avcC: picture.avcC(name) } : null
  const tracks = { video, audio: audible ? { bitsPerSecond: audioBitsPerSecond } : null }
  return { name, bytes: initSegment(tracks), codecs: codecsOf(tracks) }
}

/** Throws when a stretch cannot follow the earlier ones: its segments would not decode behind the init that players hold. */
function requireSameInits(
  published: NonNullable<FinishOrder['publishedInits']>,
  made: readonly { name: string; bytes: Uint8Array }[],
): void {
  for (const { name, bytes } of made) {
    const before = published.find((known) => known.name === name)
    if (!before || before.sha256 === createHash('sha256').update(bytes).digest('hex')) continue
    throw new SluiceError('media_tool_failed', `rung ${name}: the encoder's parameters changed between two stretches`, {
      retry: 'never',
      fix: 'Finish one asset with one version of FFmpeg on all workers, then make it again.',
    })
  }
}

/** Ticks in which every frame has a whole length: 90,000 a second where that fits, 1,001 a frame for the NTSC rates. */
function timescaleOf(fps: number): { timescale: number; frameTicks: number } {
  if (90_000 % fps === 0) return { timescale: 90_000, frameTicks: 90_000 / fps }
  const near = Math.round(fps)
  if (Math.abs(fps - (near * 1_000) / 1_001) < 1e-3) return { timescale: near * 1_000, frameTicks: 1_001 }
  return { timescale: Math.round(fps * 1_000), frameTicks: 1_000 }
}
