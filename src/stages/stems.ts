import type { Master } from '../domain/take.ts'
import type { Stem } from '../ports/media-tool.ts'
import type { LocalFile } from '../ports/objects.ts'
import type { StageDeps } from './deps.ts'
import type { Stretch, Timeline } from './timeline.ts'

/** The sounds of a stretch, or of the whole timeline, as local files. */
export interface OpenStems extends AsyncDisposable {
  stems: Stem[]
  /** Whether something must be heard in it. */
  audible: boolean
}

/**
 * Opens the stems heard in `stretch` and just before it (an encoder looks back over a joint), or all of them.
 * The music is lowered under every narration and fades out where the timeline ends.
 */
export async function openStems(deps: StageDeps, timeline: Timeline, stretch?: Stretch): Promise<OpenStems> {
  const files: LocalFile[] = []
  const open = async (master: Master, stem: Omit<Stem, 'pcmPath' | 'gainDb'>): Promise<Stem[]> => {
    if (!master.stem) return []
    const file = await deps.objects.localFile(master.stem.objectKey)
    files.push(file)
    return [{ ...stem, pcmPath: file.path, gainDb: master.stem.gainDb }]
  }
  const stems: Stem[] = []
  let audible = false
  const near = (other: Stretch) =>
    !stretch || (other.startSeconds <= stretch.startSeconds && other.startSeconds + other.durationSeconds > stretch.startSeconds - 1)
  for (const part of timeline.stretches.filter(near)) {
    const lead = timeline.leads.get(part.shot) ?? 0
    if (part.speech) {
      const role = part.shot === null && part.speech.take.role !== 'speech' ? 'own' : 'speech'
      stems.push(...(await open(part.speech.master, { role, startSeconds: part.startSeconds + lead })))
      if (!stretch || part.startSeconds === stretch.startSeconds) audible = true
    }
    if (part.clip) {
      const from = part.useFromSeconds > 0 ? { skipSeconds: part.useFromSeconds } : {}
      stems.push(...(await open(part.clip.master, { role: 'own', startSeconds: part.startSeconds, ...from })))
    }
  }
  if (timeline.music) {
    const end = timeline.complete ? { fadeOutEndSeconds: timeline.durationSeconds } : {}
    stems.push(...(await open(timeline.music, { role: 'music', startSeconds: 0, duckUnder: timeline.spoken, ...end })))
  }
  return {
    stems,
    audible,
    async [Symbol.asyncDispose]() {
      await Promise.all(files.map((file) => file[Symbol.asyncDispose]()))
    },
  }
}
