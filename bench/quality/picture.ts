import { join } from 'node:path'
import { checks } from '../../src/domain/checks/index.ts'
import { pictureChecks } from '../../src/domain/checks/picture.ts'
import { profiles } from '../../src/domain/profiles.ts'
import { createPictureFinders } from '../../src/quality/video/finders.ts'
import type { PictureFinder } from '../../src/quality/video/picture-finder.ts'
import { HEIGHT, makePictureClip, type PictureClip, pictureClips, WIDTH } from '../../test/media/faults/picture.ts'
import { finishOrder, media } from '../../test/media/helpers/masters.ts'
import type { CheckScore } from './score.ts'

/** Thresholds were found with other seeds, so with other places and subjects. */
const SEED = 7

/** Every picture check over every film of the test set, as the finish shows them to it. Films are made in `folder`. */
export async function measure(folder: string): Promise<CheckScore[]> {
  const scores = new Map<string, CheckScore>()
  for (const [n, clip] of pictureClips().entries()) {
    const path = join(folder, `picture-${n}.mp4`)
    await makePictureClip(clip, path, SEED)
    for (const [finder, cpuSeconds] of await look(clip, path)) {
      const score = scores.get(finder.check) ?? emptyScore(finder)
      scores.set(finder.check, score)
      score.cpuSeconds += cpuSeconds
      score.mediaSeconds += clip.seconds
      if (clip.leaves?.includes(finder.check)) continue
      const found = finder.faults()
      const value = found.length > 0 ? Math.max(...found.map((fault) => fault.value)) : finder.worst()
      const faulty = clip.shows.includes(finder.check)
      score.points.push({ piece: clip.name, faulty, value, found: found.length > 0, unknown: value === null })
    }
  }
  return [...scores.values()].filter(({ check }) => Object.hasOwn(pictureChecks, check))
}

/** The checks after they have seen the film, each with the CPU time it took, in seconds. */
async function look({ fps, seconds }: PictureClip, path: string): Promise<Map<PictureFinder, number>> {
  const finders = createPictureFinders(profiles.strict, { startSeconds: 0, durationSeconds: seconds, fps, audible: false })
  const cpuSeconds = new Map(finders.map((finder) => [finder, 0]))
  const timed = (finder: PictureFinder, work: () => void) => {
    const begun = process.cpuUsage()
    work()
    cpuSeconds.set(finder, (cpuSeconds.get(finder) ?? 0) + process.cpuUsage(begun).user / 1e6)
  }
  const video = { path, width: WIDTH, height: HEIGHT, fps }
  // With every segment out already it is only looked at again.
  for await (const piece of media.finish(finishOrder({ video, durationSeconds: seconds, releasedSegments: Math.ceil(seconds / 2) }))) {
    for (const finder of finders) {
      if (piece.kind === 'picture') timed(finder, () => finder.picture?.(piece.seconds, piece.seconds + 1 / fps, piece.grey))
      else if (piece.kind === 'still') timed(finder, () => finder.still?.(piece.seconds, piece.seconds + 0.5, piece.frame))
    }
  }
  for (const finder of finders) finder.close()
  return cpuSeconds
}

function emptyScore({ check, unit, threshold }: PictureFinder): CheckScore {
  return { check, unit, threshold, faultIs: checks[check]?.faultIs ?? 'above', points: [], cpuSeconds: 0, mediaSeconds: 0 }
}
