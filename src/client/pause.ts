/** Resolves after `ms`, or at once when `wake` fires; rejects with the signal's reason when aborted. */
export function pause(ms: number, signal: AbortSignal, wake?: (callback: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const finish = (settle: () => void) => () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      stop?.()
      settle()
    }
    const done = finish(resolve)
    const abort = finish(() => reject(signal.reason))
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', abort)
    const stop = wake?.(done)
  })
}

/** How long to wait after the `failures`-th failure in a row: doubling from `baseMs` to at most `capMs`, half of it at random. */
export function backoffMs(failures: number, baseMs = 500, capMs = 15_000): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.max(0, failures - 1))
  return full / 2 + (Math.random() * full) / 2
}
