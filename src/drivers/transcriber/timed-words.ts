import type { TimedWord } from '../../ports/transcriber.ts'

export interface ToldWord {
  text: string
  startSeconds: number | null | undefined
  endSeconds: number | null | undefined
}

/**
 * The words of a vendor, in the order in which they are heard. `null` when it gave none, or when one of them has no times: a
 * list with gaps would look as if something had not been said.
 */
export function timedWords(told: readonly ToldWord[] | null | undefined): TimedWord[] | null {
  if (!told) return null
  const words: TimedWord[] = []
  for (const { text, startSeconds, endSeconds } of told) {
    if (!isTime(startSeconds) || !isTime(endSeconds) || endSeconds < startSeconds) return null
    const trimmed = text.trim()
    if (trimmed !== '') words.push({ text: trimmed, startSeconds, endSeconds })
  }
  return words.sort((one, other) => one.startSeconds - other.startSeconds)
}

const isTime = (seconds: number | null | undefined): seconds is number =>
  typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
