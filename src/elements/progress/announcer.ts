export type AnnounceMode = 'stages' | 'terminal' | 'off'

export interface Announcer {
  /** Says `text` in a polite region, soon. Of several within the span only the last is said; the end is never dropped. */
  say(text: string): void
  stop(): void
}

/** Least time between two announcements. */
export const ANNOUNCE_EVERY_MS = 3_000

export function createAnnouncer(write: (text: string) => void, nowMs: () => number = () => performance.now()): Announcer {
  let saidAtMs = Number.NEGATIVE_INFINITY
  let pending: ReturnType<typeof setTimeout> | undefined
  return {
    say(text) {
      clearTimeout(pending)
      const speak = () => {
        saidAtMs = nowMs()
        write(text)
      }
      const waitMs = saidAtMs + ANNOUNCE_EVERY_MS - nowMs()
      if (waitMs <= 0) speak()
      else pending = setTimeout(speak, waitMs)
    },
    stop: () => clearTimeout(pending),
  }
}
