import type { TimeRange } from '../../domain/verdict.ts'
import type { ScriptReading } from '../../domain/words/reading.ts'
import type { ScriptWord } from '../../domain/words/script.ts'
import type { FaultySentence } from '../../ports/inspector.ts'
import { around } from './differences.ts'

/** How far from where a cut would be right a pause is looked for. */
const NEAR_SECONDS = 0.3

/**
 * The sentences at these places of the script, each with what of the recording it would replace: all that was said between
 * its neighbours, from the middle of the pause before it to the middle of the one behind it.
 * @param faulty indexes of words of the script
 */
export function sentencesToSpeakAgain(
  sentences: readonly string[],
  script: readonly ScriptWord[],
  reading: ScriptReading,
  faulty: Iterable<number>,
): FaultySentence[] {
  const indexes = new Set([...faulty].flatMap((n) => script[n]?.sentence ?? []))
  return [...indexes]
    .sort((a, b) => a - b)
    .map((index) => ({ index, text: sentences[index] ?? '', range: rangeToReplace(index, script, reading) }))
}

function rangeToReplace(sentence: number, script: readonly ScriptWord[], { words, extra, pauses }: ScriptReading): TimeRange {
  const said = (of: (other: number) => boolean): TimeRange[] =>
    words.flatMap(({ heard, range }, n) => (heard !== 'no' && of(script[n]?.sentence ?? -1) ? [range] : []))
  const before = said((other) => other < sentence).at(-1)?.endSeconds ?? 0
  const after = said((other) => other > sentence)[0]?.startSeconds ?? Number.POSITIVE_INFINITY
  const more = extra.map(({ range }) => range).filter((range) => range.startSeconds >= before && range.endSeconds <= after)
  const own = [...said((other) => other === sentence), ...more].reduce<TimeRange | null>(
    (all, range) => (all ? around(all, range) : range),
    null,
  )
  if (own === null) {
    // Nothing to be replaced: where it should be put in, if possible where nobody speaks.
    const end = Number.isFinite(after) ? after : (pauses.at(-1)?.endSeconds ?? before)
    const at = cut(before, Math.max(before, end), pauses)
    return { startSeconds: at, endSeconds: at }
  }
  return {
    startSeconds: before === 0 ? cutAtTheEdge(own.startSeconds, pauses, 'start') : cut(before, own.startSeconds, pauses),
    endSeconds: Number.isFinite(after) ? cut(own.endSeconds, after, pauses) : cutAtTheEdge(own.endSeconds, pauses, 'end'),
  }
}

/** Between two words: in the middle of the longest pause between them or close by; of the time between them, where there is none. */
function cut(from: number, to: number, pauses: readonly TimeRange[]): number {
  const near = pauses.filter(({ startSeconds, endSeconds }) => endSeconds > from - NEAR_SECONDS && startSeconds < to + NEAR_SECONDS)
  const longest = near.reduce<TimeRange | null>((best, pause) => (best && secondsOf(best) >= secondsOf(pause) ? best : pause), null)
  return longest ? middle(longest) : (from + to) / 2
}

/** The silence before the first word and after the last stays. */
function cutAtTheEdge(seconds: number, pauses: readonly TimeRange[], edge: 'start' | 'end'): number {
  const silence = pauses.find(
    ({ startSeconds, endSeconds }) => startSeconds <= seconds + NEAR_SECONDS && endSeconds >= seconds - NEAR_SECONDS,
  )
  if (!silence) return seconds
  return edge === 'start' ? Math.min(seconds, silence.endSeconds) : Math.max(seconds, silence.startSeconds)
}

const middle = ({ startSeconds, endSeconds }: TimeRange): number => (startSeconds + endSeconds) / 2
const secondsOf = ({ startSeconds, endSeconds }: TimeRange): number => endSeconds - startSeconds
