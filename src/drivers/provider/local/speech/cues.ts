import type { Cue } from '../../../../domain/take.ts'
import { readablePieces } from '../../../../domain/words/readable-pieces.ts'
import type { Phone } from './flite.ts'
import { sayable } from './sayable.ts'

/** How far from its estimate, in seconds, a piece may begin where the voice makes a pause. */
const SNAP_SECONDS = 0.45

/**
 * The cues of one spoken sentence: itself, or readable pieces of a long one. Where a piece begins is estimated from the share
 * of letters before it, in the time the voice is heard, and moved to the voice's own pause if there is one near.
 * @param heard when the sentence begins and ends, in seconds of the utterance
 * @param startSeconds where the sentence begins in the narration
 */
export function cuesOf(
  sentence: string,
  phones: Phone[],
  heard: { startSeconds: number; endSeconds: number },
  startSeconds: number,
): Cue[] {
  const pieces = readablePieces(sentence)
  const toNarration = (seconds: number): number =>
    startSeconds + Math.min(heard.endSeconds, Math.max(heard.startSeconds, seconds)) - heard.startSeconds
  const letters = pieces.map((piece) => sayable(piece).length)
  const all = letters.reduce((sum, count) => sum + count, 0)
  let before = 0
  const begins = pieces.map((_, n) => {
    if (n === 0) return startSeconds
    before += letters[n - 1] as number
    return toNarration(timeOfShare(phones, before / all))
  })
  return pieces.map((text, n) => ({ startSeconds: begins[n] as number, endSeconds: begins[n + 1] ?? toNarration(heard.endSeconds), text }))
}

/** When this share of what is heard has been said; at the end of a pause near it. */
function timeOfShare(phones: Phone[], share: number): number {
  const timed = phones.map(({ name, endSeconds }, n) => ({
    pause: name === 'pau',
    startSeconds: phones[n - 1]?.endSeconds ?? 0,
    endSeconds,
  }))
  const voiced = timed.reduce((sum, phone) => sum + (phone.pause ? 0 : phone.endSeconds - phone.startSeconds), 0)
  let left = share * voiced
  let estimate = timed.at(-1)?.endSeconds ?? 0
  for (const phone of timed) {
    if (phone.pause) continue
    const length = phone.endSeconds - phone.startSeconds
    if (left <= length) {
      estimate = phone.startSeconds + left
      break
    }
    left -= length
  }
  const pauses = timed.slice(1, -1).filter((phone) => phone.pause && Math.abs(phone.endSeconds - estimate) < SNAP_SECONDS)
  const nearest = pauses.sort((a, b) => Math.abs(a.endSeconds - estimate) - Math.abs(b.endSeconds - estimate))[0]
  return nearest?.endSeconds ?? estimate
}
