import { thresholdOf } from '../../domain/profiles.ts'
import type { StillFrame } from '../../ports/media-tool.ts'
import type { Moderator } from '../../ports/moderator.ts'
import { createAttempts } from './attempts.ts'
import { differs, type Glance } from './changes.ts'
import { type Opinion, opinionOf } from './opinion.ts'
import { createSightings } from './sightings.ts'
import type { StillWatch, Watched } from './still-watch.ts'
import { createTurns } from './turns.ts'

/** Pictures that are with the moderators at once. */
const AT_ONCE = 4

/**
 * `pictures`, in `ratio`: the highest score of any category that a moderator gives any still, 0 to 1 in its own measure. A fault: a
 * category that the moderator flags, or a score above the threshold. A still that does not differ from the last one that was judged
 * shares what was said of that one.
 */
export function createPictures({ profile, stretch, signal, log, pictureLimitMs }: Watched, moderators: readonly Moderator[]): StillWatch {
  const threshold = thresholdOf(profile, 'pictures')
  const judges = moderators.map((moderator) => ({ moderator, attempts: createAttempts(moderator.id, pictureLimitMs, log) }))
  const sightings = createSightings(profile, 'pictures', stretch)
  const inTurn = createTurns(AT_ONCE)
  let last: { glance: Glance; opinion: Promise<Opinion> } | null = null
  let [came, judged] = [0, 0]

  async function opinionOnFrame(frame: StillFrame): Promise<Opinion> {
    const asked = judges.map(async ({ moderator, attempts }) => ({
      by: moderator.id,
      attempt: await attempts.ask((limited) => moderator.moderate({ image: { frame } }, { signal: limited }), signal),
    }))
    const opinion = opinionOf(await Promise.all(asked), threshold)
    // What nobody could judge is no answer for the next one.
    if (opinion.failures.length > 0) last = null
    return opinion
  }

  return {
    still(atSeconds, frame, glance) {
      came++
      sightings.came(atSeconds)
      if (last === null || differs(last.glance, glance)) {
        judged++
        last = { glance, opinion: inTurn(() => opinionOnFrame(frame)) }
      }
      sightings.add(atSeconds, last.opinion)
    },
    judgeUntil: sightings.until,
    end: () => sightings.end(`${judged} of ${came} stills differed and were looked at.`),
  }
}
