import type { FinishOrder, FinishPiece } from '../../ports/media-tool.ts'
import { killLater } from '../ffmpeg/kill-later.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { createMixWindow } from '../mix/mix-window.ts'
import { openMixer } from '../mix/mixer.ts'
import { createIntake } from './intake.ts'
import { pictures, sounds } from './judged.ts'
import { HELD_BYTES, timeoutMs } from './limits.ts'
import { type CodedSlot, packInit, packSegment, requireSameInits, timescaleOf } from './pack.ts'
import { startPictureTrack } from './picture-track.ts'
import { startSoundTrack } from './sound-track.ts'
import { slotsOf } from './timeline.ts'

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
  const picture = video && scale && killLater(running, await startPictureTrack(runner, intake, { ...order, ...video, ...limits, ...scale }))
  const [firstTodo] = todo
  const sound =
    stems.length > 0 && firstTodo
      ? killLater(running, await startSoundTrack(runner, intake, { rungs, mix, from: firstTodo.sound.from, ...limits }))
      : null

  let told = false
  for (const slot of slots) {
    const fed = slot.index >= (firstTodo?.index ?? Number.POSITIVE_INFINITY) ? sound?.feed(slot.sound.to) : undefined
    fed?.catch(() => {}) // awaited below
    yield* pictures(picture, slot, video?.fps ?? 0)
    if (stems.length > 0) yield* sounds(mix, slot)
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
      const inits = rungs.map((rung) =>
        packInit(rung, picture && scale && { timescale: scale.timescale, avcC: picture.avcC(rung.name) }, sound !== null),
      )
      requireSameInits(order.publishedInits ?? [], inits)
      yield { kind: 'init', rungs: inits }
      told = true
    }
    yield {
      kind: 'segment',
      index: slot.index,
      startSeconds: slot.startSeconds,
      durationSeconds: slot.durationSeconds,
      rungs: rungs.map((rung) => ({ name: rung.name, bytes: packSegment(rung, coded) })),
    }
  }
  await picture?.process.done
  await sound?.process.done
}
