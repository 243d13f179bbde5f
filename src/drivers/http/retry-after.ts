/** Nobody waits longer on a vendor's word. */
const MOST_MS = 3_600_000

/** `Retry-After` (RFC 9110, section 10.2.3: seconds or a date) or `retry-after-ms`, in milliseconds, at most an hour. */
export function retryAfterMs({ headers }: { headers: Readonly<Record<string, string | undefined>> }): number | undefined {
  const milliseconds = Number(headers['retry-after-ms'])
  if (headers['retry-after-ms'] !== undefined && milliseconds >= 0) return Math.min(MOST_MS, milliseconds)
  const value = headers['retry-after']
  if (value === undefined) return undefined
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(wait) ? Math.min(MOST_MS, Math.max(0, wait)) : undefined
}
