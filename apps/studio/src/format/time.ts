/** `0:07`, `1:05`, `1:00:03`: a place on a timeline or a length, seconds begun counting only when full, as players show it. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** `0:01.50`: a place on a timeline to the hundredth, as findings are told. */
export function timecode(seconds: number): string {
  const hundredths = Math.round(Math.max(0, seconds) * 100)
  return `${clock(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, '0')}`
}

/** A length as a person says it: `4 s`, `35 s`, `1 min 30 s`, `12 min`. Coarser the longer it is. */
export function roughly(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 60) return `${Math.round(seconds / 5) * 5} s`
  const halves = Math.round(seconds / 30)
  const minutes = Math.floor(halves / 2)
  if (minutes < 10 && halves % 2 === 1) return `${minutes} min 30 s`
  return minutes < 90 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** An expected time as a range; one figure when the two ends read the same. */
export function expectedRange(p50Seconds: number, p90Seconds: number): string {
  const from = roughly(p50Seconds)
  const to = roughly(p90Seconds)
  return from === to ? `about ${from}` : `${from} to ${to}`
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `just now`, `5 minutes ago`, `yesterday`. */
export function ago(iso: string, now: Date): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000
  if (seconds > -45) return 'just now'
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), 'minute')
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), 'hour')
  return relative.format(Math.round(seconds / 86_400), 'day')
}

/** Date and time in the reader's own zone and habit. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
