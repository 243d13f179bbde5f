import { type CaptionCue, changedCues, parseWebVtt } from '../core/captions.ts'

export interface CaptionTrack {
  /** Reads the file again; cues already shown stay untouched. Calls while one is under way are folded into one more. */
  refresh(): void
  destroy(): void
}

interface Shown extends CaptionCue {
  native: VTTCue
}

const TIMEOUT_MS = 10_000

/** Captions as cues of one text track, shown from the start, filled as the file at `url` grows. */
export function createCaptions(
  media: HTMLMediaElement,
  url: string,
  about: { label: string; language: string },
  headersFor: (url: string) => Promise<Record<string, string>>,
): CaptionTrack {
  const track = captionTrackOf(media, about)
  const stopping = new AbortController()
  let shown: Shown[] = []
  let reading = false
  let again = false

  async function read(): Promise<void> {
    const response = await fetch(url, {
      headers: await headersFor(url),
      cache: 'no-cache',
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!response.ok) return
    const file = await response.text()
    if (stopping.signal.aborted) return
    const { remove, add } = changedCues(shown, parseWebVtt(file))
    for (const cue of remove) track.removeCue(cue.native)
    const added = add.map((cue): Shown => ({ ...cue, native: new VTTCue(cue.startSeconds, cue.endSeconds, cue.text) }))
    for (const cue of added) track.addCue(cue.native)
    shown = [...shown.filter((cue) => !remove.includes(cue)), ...added]
  }

  async function refresh(): Promise<void> {
    again = reading
    if (reading) return
    reading = true
    // captions that cannot be read now are read with the next segment
    await read().catch(() => {})
    reading = false
    if (again && !stopping.signal.aborted) void refresh()
  }

  void refresh()
  return {
    refresh: () => void refresh(),
    destroy() {
      stopping.abort()
      for (const cue of shown) track.removeCue(cue.native)
      shown = []
      track.mode = 'disabled'
    },
  }
}

/** A text track can be added to an element but never taken away, so one made earlier is used again. */
function captionTrackOf(media: HTMLMediaElement, { label, language }: { label: string; language: string }): TextTrack {
  const made = [...media.textTracks].find((track) => track.kind === 'captions' && track.label === label && track.language === language)
  const track = made ?? media.addTextTrack('captions', label, language)
  track.mode = 'showing'
  return track
}
