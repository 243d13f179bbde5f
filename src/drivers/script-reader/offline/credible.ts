import type { TimeRange } from '../../../domain/verdict.ts'
import { spokenSeconds } from '../pauses.ts'
import type { Hearing, Span } from './assign.ts'

/** Less of it above the silence was not said. */
const SHARE_SPOKEN = 0.3
/** Nearer than this is next to each other. */
const TOUCHING_SECONDS = 0.15
const LONGEST_ISLAND_SECONDS = 0.6

/** What was heard, without what the recogniser made of silence and of other speech. */
export function credible(hearing: Hearing, pauses: readonly TimeRange[]): Hearing {
  return withoutIslands(withoutSilence(hearing, pauses))
}

/** A trace of noise fits something too: what was heard where nobody speaks was not said. */
function withoutSilence({ words, more }: Hearing, pauses: readonly TimeRange[]): Hearing {
  const isSpoken = (span: Span): boolean => spokenSeconds(span, pauses) > (span.endSeconds - span.startSeconds) * SHARE_SPOKEN
  return { words: new Map([...words].filter(([, span]) => isSpoken(span))), more: more.filter(isSpoken) }
}

interface HeardWord {
  index: number
  span: Span
}

/** A word or two in the midst of other speech fit it by chance: they are a part of it. */
function withoutIslands({ words, more }: Hearing): Hearing {
  const runs = runsOf([...words].map(([index, span]) => ({ index, span })).sort((a, b) => a.index - b.index))
  const isIsland = (run: readonly HeardWord[]): boolean => {
    const [startSeconds, endSeconds] = [run[0]?.span.startSeconds ?? 0, run.at(-1)?.span.endSeconds ?? 0]
    const before = startSeconds < TOUCHING_SECONDS || more.some((span) => Math.abs(span.endSeconds - startSeconds) < TOUCHING_SECONDS)
    const after = more.some((span) => Math.abs(span.startSeconds - endSeconds) < TOUCHING_SECONDS)
    return before && after && (run.length === 1 || endSeconds - startSeconds < LONGEST_ISLAND_SECONDS)
  }
  const islands = runs.filter(isIsland).flat()
  const lost = new Set(islands.map(({ index }) => index))
  return {
    words: new Map([...words].filter(([index]) => !lost.has(index))),
    more: [...more, ...islands.map(({ span }) => span)].sort((a, b) => a.startSeconds - b.startSeconds),
  }
}

/** Words that follow each other in the script and in time. */
function runsOf(heard: readonly HeardWord[]): HeardWord[][] {
  const runs: HeardWord[][] = []
  for (const word of heard) {
    const last = runs.at(-1)?.at(-1)
    const follows = last && last.index === word.index - 1 && word.span.startSeconds - last.span.endSeconds < TOUCHING_SECONDS
    if (follows) runs.at(-1)?.push(word)
    else runs.push([word])
  }
  return runs
}
