/** Places for work that runs at once. */
export interface FanOut {
  /** Waits for a place, first come, first served; call what it returns to give it back. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>
  /** The other side had too much: half as many from now on. */
  slower(): void
  /** One went well. */
  faster(): void
}

/**
 * At most so many at once, and fewer while the other side refuses: halved at each refusal, one more after as many successes
 * as there are places (additive increase, multiplicative decrease, as in RFC 5681 section 3.1).
 */
export function createFanOut(most: number): FanOut {
  let allowed = most
  let running = 0
  const waiting = new Set<() => void>()

  function admit(): void {
    for (const go of waiting) {
      if (running >= Math.floor(allowed)) return
      running++
      go()
    }
  }

  return {
    async enter(signal) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          waiting.delete(go)
          signal.removeEventListener('abort', stop)
          resolve()
        }
        const stop = () => {
          waiting.delete(go)
          reject(signal.reason)
        }
        signal.addEventListener('abort', stop, { once: true })
        waiting.add(go)
        admit()
      })
      let left = false
      return () => {
        if (left) return
        left = true
        running--
        admit()
      }
    },
    slower() {
      // Of what was really tried: of sixteen places of which four were taken, two are half.
      allowed = Math.max(1, Math.min(allowed, running) / 2)
    },
    faster() {
      allowed = Math.min(most, allowed + 1 / allowed)
      admit()
    },
  }
}
