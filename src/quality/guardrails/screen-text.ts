import type { StillFrame } from '../../ports/media-tool.ts'
import type { SeenText, TextReader } from '../../ports/text-reader.ts'
import { createAttempts } from './attempts.ts'
import { differs, type Glance } from './changes.ts'
import type { Opinion } from './opinion.ts'
import { createSightings } from './sightings.ts'
import type { StillWatch, Watched } from './still-watch.ts'
import type { TextJudge } from './text-judge.ts'

/** Of each so many seconds at most one picture is read. Reading takes 0.6 to 0.9 s, so a third to a half of the time that is shown. */
const WINDOW_SECONDS = 2
/** Less is mostly what a reader sees in leaves and shadows. */
const LEAST_CONFIDENCE = 0.6

/** A picture that differs from the last one that was read. */
interface Candidate {
  atSeconds: number
  glance: Glance
}

/**
 * `screen_text`, in `ratio`: the highest score of any category that a moderator gives the text in a picture; an entry of the block list
 * scores 1. A fault: a category that is flagged, or a score above the threshold. Of each window of 2 s the last picture is read if
 * it differs from the last one that was read; others of the window that differ from both are left out, and counted.
 */
export function createScreenText(
  { profile, stretch, signal, log, pictureLimitMs }: Watched,
  reader: TextReader,
  judge: TextJudge,
): StillWatch {
  const attempts = createAttempts(reader.id, pictureLimitMs, log)
  const sightings = createSightings(profile, 'screen_text', stretch)
  let last: { glance: Glance; opinion: Promise<Opinion> } | null = null
  let lastText: { text: string; opinion: Promise<Opinion> } | null = null
  let waiting: { candidates: Candidate[]; frame: StillFrame } | null = null
  let [came, read, leftOut] = [0, 0, 0]

  async function opinionOnFrame(frame: StillFrame): Promise<Opinion> {
    const attempt = await attempts.ask((limited) => reader.read(frame, { signal: limited }), signal)
    if ('failure' in attempt) {
      last = null
      return { worst: null, flags: [], failures: [attempt.failure] }
    }
    const text = textOf(attempt.answer)
    if (lastText?.text !== text) lastText = { text, opinion: opinionOnText(text) }
    return lastText.opinion
  }

  async function opinionOnText(text: string): Promise<Opinion> {
    const opinion = await judge.judge(text, signal)
    if (opinion.failures.length > 0) last = lastText = null
    return opinion
  }

  /** Reads the last picture of the window, for all of it that look the same. */
  function close(): void {
    if (waiting === null) return
    const { candidates, frame } = waiting
    waiting = null
    const chosen = candidates.at(-1)
    if (chosen === undefined) return
    read++
    const opinion = opinionOnFrame(frame)
    last = { glance: chosen.glance, opinion }
    for (const { atSeconds, glance } of candidates) {
      if (differs(chosen.glance, glance)) leftOut++
      else sightings.add(atSeconds, opinion)
    }
  }

  return {
    still(atSeconds, frame, glance) {
      came++
      sightings.came(atSeconds)
      const window = (seconds: number) => Math.floor((seconds - stretch.startSeconds + 1e-6) / WINDOW_SECONDS)
      const [first] = waiting?.candidates ?? []
      if (first !== undefined && window(first.atSeconds) !== window(atSeconds)) close()
      if (last !== null && !differs(last.glance, glance)) sightings.add(atSeconds, last.opinion)
      else waiting = { candidates: [...(waiting?.candidates ?? []), { atSeconds, glance }], frame }
    },
    judgeUntil(seconds) {
      close()
      return sightings.until(seconds)
    },
    end() {
      close()
      return sightings.end(`${read} of ${came} stills were read; ${leftOut} that differed were left out.`)
    },
  }
}

function textOf(lines: SeenText[]): string {
  return lines
    .filter(({ confidence }) => confidence >= LEAST_CONFIDENCE)
    .map(({ text }) => text)
    .join('\n')
}
