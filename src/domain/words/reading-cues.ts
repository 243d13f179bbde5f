import type { Cue } from '../take.ts'
import { readablePieces } from './readable-pieces.ts'
import type { ScriptReading } from './reading.ts'
import { scriptWords } from './script.ts'
import { sentencesOf } from './sentences.ts'

/**
 * Captions of a voice that came without timings, from when its words were heard: a cue for each sentence, or for each readable
 * piece of a long one. What was left out has none.
 * @param language BCP 47, of the script
 */
export function cuesOfReading(script: string, reading: ScriptReading, language: string): Cue[] {
  const words = scriptWords(script, language).map((word, n) => ({ ...word, read: reading.words[n] }))
  return sentencesOf(script).flatMap((sentence, index) => {
    const spoken = words.filter((word) => word.sentence === index && word.read && word.read.heard !== 'no')
    let at = 0
    const cues = readablePieces(sentence).flatMap((text): Cue[] => {
      const from = sentence.indexOf(text, at)
      at = from + text.length
      const ranges = spoken.flatMap((word) => (word.from >= from && word.from < at && word.read ? [word.read.range] : []))
      const [first, last] = [ranges[0], ranges.at(-1)]
      return first && last ? [{ startSeconds: first.startSeconds, endSeconds: last.endSeconds, text }] : []
    })
    // Within a sentence one piece stays until the next one comes.
    return cues.map((cue, n) => ({ ...cue, endSeconds: cues[n + 1]?.startSeconds ?? cue.endSeconds }))
  })
}
