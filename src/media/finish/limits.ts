/** Coded and grey data held for a consumer that is slow, before FFmpeg has to wait. */
export const HELD_BYTES = 8 * 2 ** 20

/** A killed worker's run goes on elsewhere; this only ends one that hangs. */
export const timeoutMs = (durationSeconds: number): number => 10 * 60_000 + durationSeconds * 60_000
