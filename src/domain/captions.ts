import type { Cue } from './take.ts'

/** Characters that fit one line at the usual size (BBC and Netflix guidelines: 37 to 42). */
const LINE_CHARACTERS = 42
const LINES_PER_CUE = 2

/**
 * Captions as WebVTT (https://www.w3.org/TR/webvtt1/). A long sentence becomes several cues of at most two lines of 42
 * characters; each is shown for the share of the sentence's time that its characters are of the sentence. A single word longer than a line has
 * a line of its own. Cues that end before they start, and empty ones, are left out.
 */
export function captionsVtt(cues: Cue[]): string {
  const blocks = cues
    .flatMap(splitCue)
    .map(({ startSeconds, endSeconds, text }) => `${vttTime(startSeconds)} --> ${vttTime(endSeconds)}\n${escapeText(text)}\n`)
  return ['WEBVTT\n', ...blocks].join('\n')
}

/** A cue as it is shown: its text has at most two lines, parted by a line feed. */
export function splitCue(cue: Cue): Cue[] {
  const lines = breakLines(cue.text.split(/\s+/).filter((word) => word !== ''))
  const lengthSeconds = cue.endSeconds - cue.startSeconds
  if (lines.length === 0 || !(lengthSeconds > 0)) return []
  const pages = Math.ceil(lines.length / LINES_PER_CUE)
  const total = lines.reduce((sum, line) => sum + line.length, 0)
  let spoken = 0
  return Array.from({ length: pages }, (_, page) => {
    const shown = lines.slice(page * LINES_PER_CUE, (page + 1) * LINES_PER_CUE)
    const startSeconds = cue.startSeconds + (lengthSeconds * spoken) / total
    spoken += shown.reduce((sum, line) => sum + line.length, 0)
    return { startSeconds, endSeconds: cue.startSeconds + (lengthSeconds * spoken) / total, text: shown.join('\n') }
  })
}

/** Hours, minutes, seconds and milliseconds: `00:01:02.345`. */
export function vttTime(seconds: number): string {
  const milliseconds = Math.max(0, Math.round(seconds * 1000))
  const part = (value: number, digits: number) => String(value).padStart(digits, '0')
  const whole = Math.floor(milliseconds / 1000)
  return `${part(Math.floor(whole / 3600), 2)}:${part(Math.floor(whole / 60) % 60, 2)}:${part(whole % 60, 2)}.${part(milliseconds % 1000, 3)}`
}

/**
 * As few lines as the greedy way needs, but evenly filled: the width is narrowed as far as that number of lines allows,
 * so no cue ends in a lone word.
 */
function breakLines(words: string[]): string[] {
  const fewest = fill(words, LINE_CHARACTERS)
  for (let width = LINE_CHARACTERS - 1; width > 0; width--) {
    const narrower = fill(words, width)
    if (narrower.length > fewest.length) return fill(words, width + 1)
  }
  return fewest
}

function fill(words: string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `-->` may not stand in a cue; `&` and `<` begin markup. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
