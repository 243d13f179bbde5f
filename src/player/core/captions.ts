/** A caption on the media's timeline. `text` may hold WebVTT tags. */
export interface CaptionCue {
  startSeconds: number
  endSeconds: number
  text: string
}

const TIMES = /^((?:\d{2,}:)?\d{2}:\d{2}\.\d{3})[ \t]+-->[ \t]+((?:\d{2,}:)?\d{2}:\d{2}\.\d{3})/

/** Cues of a WebVTT file (W3C WebVTT 4.1). Blocks that are no cues or make no sense are passed over. */
export function parseWebVtt(file: string): CaptionCue[] {
  const lines = file.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  const cues: CaptionCue[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const times = TIMES.exec(lines[at] ?? '')
    if (!times) continue
    const text: string[] = []
    for (; lines[at + 1]; at += 1) text.push(lines[at + 1] ?? '')
    const cue = { startSeconds: seconds(times[1] ?? ''), endSeconds: seconds(times[2] ?? ''), text: text.join('\n') }
    if (cue.endSeconds > cue.startSeconds && cue.text) cues.push(cue)
  }
  return cues
}

function seconds(stamp: string): number {
  return stamp.split(':').reduce((total, part) => total * 60 + Number(part), 0)
}

const keyOf = (cue: CaptionCue): string => `${cue.startSeconds.toFixed(3)} ${cue.endSeconds.toFixed(3)} ${cue.text}`

/** What must be taken from and added to `shown` to have `next`. A file that grew only adds. */
export function changedCues<T extends CaptionCue>(shown: readonly T[], next: readonly CaptionCue[]): { remove: T[]; add: CaptionCue[] } {
  const had = new Set(shown.map(keyOf))
  const wanted = new Map(next.map((cue) => [keyOf(cue), cue]))
  return {
    remove: shown.filter((cue) => !wanted.has(keyOf(cue))),
    add: [...wanted].filter(([key]) => !had.has(key)).map(([, cue]) => cue),
  }
}
