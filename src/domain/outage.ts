import type { ProblemCode } from './problems.ts'

/**
 * The files, and the encoder elsewhere: what all jobs stand on. When one of them is gone it is no fault of what is being made, and
 * somebody mends it.
 */
const OUTAGES: ReadonlySet<ProblemCode> = new Set(['storage_full', 'storage_unavailable', 'transcoder_unavailable'])

export const isOutage = (code: ProblemCode | undefined): boolean => code !== undefined && OUTAGES.has(code)

/** Milliseconds between two tries of what waits for an outage to end. */
export const OUTAGE_PAUSE_MS = 30_000

const NOTICE = 'Goes on by itself when this is over: '

/** What a job says while it waits for an outage to end. */
export const outageNotice = (detail: string): string => NOTICE + detail
export const isOutageNotice = (text: string | null): boolean => text?.startsWith(NOTICE) ?? false
