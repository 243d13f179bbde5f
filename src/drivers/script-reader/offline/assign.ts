import { COST_OF_A_SOUND, isPhone, PAUSE, type Phrase, type Sayable } from './grammar.ts'
import type { Segment } from './recogniser.ts'

/** A stretch of the sound that was recognised as one word, or as speech that is none of the script's. */
export interface Span {
  startSeconds: number
  endSeconds: number
  /** As of its segments, by their length. */
  distance: number
}

/** What was recognised, told by the script's words. */
export interface Hearing {
  /** By the index of the word. Absent: it was not heard. */
  words: Map<number, Span>
  /** Other speech, in order. */
  more: Span[]
}

/** The segments of a grammar of phrases, each given to the word it is. The phrase is known by the pauses before it. */
export function assign(segments: readonly Segment[], phrases: readonly Phrase[]): Hearing {
  const heard: Segment[][] = phrases.map(() => [])
  const more: Segment[][] = []
  let phrase = 0
  let before: Segment | undefined
  for (const segment of segments) {
    if (segment.token === PAUSE) phrase += 1
    else if (isPhone(segment.token)) {
      const sound = { ...segment, distance: segment.distance - COST_OF_A_SOUND / (100 * (segment.endSeconds - segment.startSeconds)) }
      if (before && isPhone(before.token)) more.at(-1)?.push(sound)
      else more.push([sound])
    } else if (segment.token !== '') heard[phrase]?.push(segment)
    before = segment
  }
  return { words: new Map(phrases.flatMap(({ words }, n) => [...wordsIn(words, heard[n] as Segment[])])), more: more.map(spanOf) }
}

/** Which words of a phrase these segments are: the way that makes most words of all of them. */
function wordsIn(words: readonly Sayable[], segments: readonly Segment[]): Map<number, Span> {
  const known = new Map<number, [Sayable, Segment[]][] | null>()
  const from = (word: number, segment: number): [Sayable, Segment[]][] | null => {
    if (word === words.length) return segment === segments.length ? [] : null
    const key = word * (segments.length + 1) + segment
    const found = known.get(key)
    if (found !== undefined) return found
    const sayable = words[word] as Sayable
    let best = from(word + 1, segment)
    for (const reading of sayable.readings) {
      if (!reading.every((token, n) => segments[segment + n]?.token === token)) continue
      const rest = from(word + 1, segment + reading.length)
      if (rest && rest.length + 1 >= (best?.length ?? 0)) best = [[sayable, segments.slice(segment, segment + reading.length)], ...rest]
    }
    known.set(key, best)
    return best
  }
  return new Map((from(0, 0) ?? []).map(([{ index }, said]) => [index, spanOf(said)]))
}

function spanOf(segments: readonly Segment[]): Span {
  const seconds = segments.reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0)
  const distance = segments.reduce((sum, part) => sum + part.distance * (part.endSeconds - part.startSeconds), 0)
  return {
    startSeconds: segments[0]?.startSeconds ?? 0,
    endSeconds: segments.at(-1)?.endSeconds ?? 0,
    distance: seconds === 0 ? 0 : distance / seconds,
  }
}

/** A hearing of a part of the sound, its times from the start of the whole. */
export function later({ words, more }: Hearing, seconds: number): Hearing {
  const moved = (span: Span): Span => ({ ...span, startSeconds: span.startSeconds + seconds, endSeconds: span.endSeconds + seconds })
  return { words: new Map([...words].map(([index, span]) => [index, moved(span)])), more: more.map(moved) }
}
