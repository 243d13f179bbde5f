import { sentencesOf } from '../../../../domain/words/sentences.ts'
import { sayable } from '../speech/sayable.ts'

/** Silence the narrator leaves between two sentences, in seconds. */
export const SENTENCE_GAP_SECONDS = 0.22

/**
 * Seconds a text takes when the draft voice `rms` speaks it, about 164 words a minute. A straight line fitted to 52 sentences
 * it spoke: letters of the words as they are spoken, and pauses at commas. A sentence is off by 0.35 s on average, ten by 2 %.
 */
export function spokenSeconds(text: string): number {
  const sentences = sentencesOf(text)
  return (
    sentences.reduce((sum, sentence) => sum + sentenceSeconds(sayable(sentence)), 0) +
    SENTENCE_GAP_SECONDS * Math.max(0, sentences.length - 1)
  )
}

function sentenceSeconds(spoken: string): number {
  const pauses = spoken.match(/[,;:]\s/g)?.length ?? 0
  return 0.14 + 0.0622 * spoken.length + 0.11 * pauses
}
