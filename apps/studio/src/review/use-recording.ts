import { type RefObject, useEffect, useRef, useState } from 'react'

export interface Recording {
  media: RefObject<HTMLVideoElement | null>
  playing: boolean
  atSeconds: number
  /** `null` until the recording is there. */
  durationSeconds: number | null
  /** It cannot be shown. */
  failed: boolean
  toggle(): void
  seek(seconds: number): void
  /** Asks for it again after it failed. */
  reload(): void
}

const EVENTS = ['play', 'pause', 'ended', 'timeupdate', 'seeking', 'durationchange', 'loadedmetadata', 'emptied', 'error'] as const

/** Reads and drives a media element. A place asked for before the recording is there is gone to when it comes. */
export function useRecording(): Recording {
  const media = useRef<HTMLVideoElement>(null)
  const [state, setState] = useState({ playing: false, atSeconds: 0, durationSeconds: null as number | null, failed: false })

  useEffect(() => {
    const element = media.current
    if (!element) return
    const look = (): void =>
      setState({
        playing: !element.paused && !element.ended,
        atSeconds: element.currentTime,
        durationSeconds: Number.isFinite(element.duration) ? element.duration : null,
        failed: element.error !== null,
      })
    for (const type of EVENTS) element.addEventListener(type, look)
    look()
    return () => {
      for (const type of EVENTS) element.removeEventListener(type, look)
    }
  }, [])

  return {
    media,
    ...state,
    toggle() {
      const element = media.current
      // What stands in the way of playing is told by the element's own events.
      if (element?.paused) element.play().catch(() => undefined)
      else element?.pause()
    },
    seek(seconds) {
      if (media.current) media.current.currentTime = seconds
    },
    reload: () => media.current?.load(),
  }
}
