/** Counts bytes that are held by several works, each array once. */
export interface KeptBytes {
  hold(arrays: readonly Uint8Array[]): void
  release(arrays: readonly Uint8Array[]): void
  readonly total: number
}

export function createKeptBytes(): KeptBytes {
  const holders = new Map<Uint8Array, number>()
  let total = 0
  return {
    hold(arrays) {
      for (const bytes of arrays) {
        const count = holders.get(bytes) ?? 0
        if (count === 0) total += bytes.length
        holders.set(bytes, count + 1)
      }
    },
    release(arrays) {
      for (const bytes of arrays) {
        const count = (holders.get(bytes) ?? 1) - 1
        holders.set(bytes, count)
        if (count > 0) continue
        holders.delete(bytes)
        total -= bytes.length
      }
    },
    get total() {
      return total
    },
  }
}
