/** What an estimate means for a person. */
export interface EtaValue {
  p50Seconds: number
  p90Seconds: number
}

export type EtaMode = 'range' | 'point' | 'none'

/** Above this ratio one number would promise too much. */
const RANGE_RATIO = 1.6
/** Least time between two changes of the shown text. */
const TEXT_HOLD_MS = 5_000

/**
 * Time left in words: below 8 s "a few seconds", below a minute in steps of 5 s, above in half minutes, from 10 minutes on
 * in minutes. A range when nine of ten may take 1.6 times as long as half of them. Empty when nothing is known.
 */
export function etaText(eta: EtaValue | null, mode: EtaMode = 'range'): string {
  if (!eta || mode === 'none') return ''
  const near = rounded(eta.p50Seconds)
  const far = rounded(eta.p90Seconds)
  if (mode === 'point' || eta.p90Seconds <= RANGE_RATIO * eta.p50Seconds || near === far) return `about ${inWords(near)} left`
  if (near === 0) return `up to ${inWords(far)} left`
  const sameUnit = near >= 60 === far >= 60
  return `about ${sameUnit ? inWords(near).replace(/ (s|min)$/, '') : inWords(near)} to ${inWords(far)} left`
}

/** A wait in words, rounded as {@link etaText} does: "a few seconds", "40 s", "1½ min". */
export function waitText(seconds: number): string {
  return inWords(rounded(seconds))
}

/** 0 stands for "a few seconds". */
function rounded(seconds: number): number {
  if (seconds < 8) return 0
  if (seconds < 57.5) return Math.round(seconds / 5) * 5
  if (seconds < 600) return Math.round(seconds / 30) * 30
  return Math.round(seconds / 60) * 60
}

function inWords(seconds: number): string {
  if (seconds === 0) return 'a few seconds'
  if (seconds < 60) return `${seconds} s`
  const whole = Math.floor(seconds / 60)
  return seconds % 60 === 30 ? `${whole}½ min` : `${whole} min`
}

export interface EtaPacer {
  /** The text to show now. `reason` marks what explains a jump upwards: another stage, a notice. */
  show(eta: EtaValue | null, mode: EtaMode, reason: string, nowMs: number): string
}

/**
 * Keeps the text still: it changes at most each {@link TEXT_HOLD_MS}, and grows only with a reason, or once the estimate
 * has stayed higher for two such spans, because holding a wrong promise for ever would be a lie.
 */
export function createEtaPacer(): EtaPacer {
  let text = ''
  let shownSeconds = 0
  let shownReason = ''
  let changedAtMs = Number.NEGATIVE_INFINITY
  let higherSinceMs: number | null = null
  return {
    show(eta, mode, reason, nowMs) {
      const next = etaText(eta, mode)
      const seconds = eta?.p50Seconds ?? 0
      if (next === text) {
        higherSinceMs = null
        return text
      }
      const known = next !== '' && text !== ''
      if (known && reason === shownReason) {
        if (nowMs - changedAtMs < TEXT_HOLD_MS) return text
        if (seconds > shownSeconds) {
          higherSinceMs ??= nowMs
          if (nowMs - higherSinceMs < 2 * TEXT_HOLD_MS) return text
        }
      }
      higherSinceMs = null
      shownReason = reason
      shownSeconds = seconds
      changedAtMs = nowMs
      text = next
      return text
    },
  }
}
