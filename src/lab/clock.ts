import type { LabClock } from './lab.ts'

interface Waiter {
  dueSeconds: number
  timer: NodeJS.Timeout | undefined
  wake: () => void
}

/** Lab time runs `speed` times faster than the machine's; waits that are under way follow a change of speed. */
export function createLabClock(initialSpeed: number): LabClock & { elapsedSeconds(): number; stop(): void } {
  const waiters = new Set<Waiter>()
  let speed = initialSpeed
  let since = performance.now()
  let seconds = 0
  let advancedMs = 0

  const elapsedSeconds = () => seconds + ((performance.now() - since) / 1000) * speed

  const arm = (waiter: Waiter) => {
    clearTimeout(waiter.timer)
    const ms = Math.max(0, ((waiter.dueSeconds - elapsedSeconds()) / speed) * 1000)
    waiter.timer = setTimeout(waiter.wake, Math.min(ms, 2 ** 31 - 1))
  }

  return {
    now: () => new Date(Date.now() + advancedMs),
    elapsedSeconds,
    wait: (length, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          clearTimeout(waiter.timer)
          waiters.delete(waiter)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const waiter: Waiter = { dueSeconds: elapsedSeconds() + length, timer: undefined, wake }
        signal?.addEventListener('abort', wake)
        waiters.add(waiter)
        arm(waiter)
      }),
    get speed() {
      return speed
    },
    set speed(faster) {
      if (!(faster > 0)) throw new RangeError('The speed is more than 0.')
      seconds = elapsedSeconds()
      since = performance.now()
      speed = faster
      for (const waiter of waiters) arm(waiter)
    },
    advance(length) {
      advancedMs += length * 1000
    },
    stop() {
      for (const { wake } of [...waiters]) wake()
    },
  }
}
