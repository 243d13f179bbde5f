import type { Cue } from '../../../domain/take.ts'
import type { Alignment } from './api.ts'

/** Two lines of about 42 characters: what a viewer reads at a glance. */
const MAX_CHARACTERS = 84

interface Word extends Cue {
  /** Offset in the text. */
  at: number
}

/**
 * When each sentence is heard, from the time of each character. A sentence that is too long to read at a glance becomes
 * several cues, after a comma where one is near.
 */
export function cuesOf(alignment: Alignment): Cue[] {
  const words = wordsOf(alignment)
  const cues: Cue[] = []
  let open: Word[] = []
  const close = (count = open.length) => {
    const [first] = open
    const last = open[count - 1]
    if (first && last)
      cues.push({
        startSeconds: first.startSeconds,
        endSeconds: last.endSeconds,
        text: open
          .slice(0, count)
          .map(({ text }) => text)
          .join(' '),
      })
    open = open.slice(count)
  }
  for (const word of words) {
    const first = open[0]
    if (first && word.at + word.text.length - first.at > MAX_CHARACTERS) close(breakAfter(open))
    open.push(word)
    if (/[.!?…。！？]["'”’)\]]*$/u.test(word.text)) close()
  }
  close()
  return cues
}

/** How many of these words go into the first cue: up to the last comma in its second half, or all. */
function breakAfter(words: Word[]): number {
  const comma = words.findLastIndex(({ text }) => /[,;:–—]$/.test(text))
  return comma + 1 > words.length / 2 ? comma + 1 : words.length
}

function wordsOf({ characters, character_start_times_seconds: starts, character_end_times_seconds: ends }: Alignment): Word[] {
  const words: Word[] = []
  let open: Word | undefined
  let at = 0
  characters.forEach((character, n) => {
    const startSeconds = starts[n]
    const endSeconds = ends[n]
    if (/^\s*$/.test(character)) open = undefined
    else if (startSeconds !== undefined && endSeconds !== undefined) {
      if (open) {
        open.text += character
        open.endSeconds = Math.max(open.endSeconds, endSeconds)
      } else {
        open = { text: character, startSeconds, endSeconds, at }
        words.push(open)
      }
    }
    at += character.length
  })
  return words
}
