import type { Mixer } from './mixer.ts'

/** Half a second: small enough to hand on early, long enough to be read in one go. */
const BLOCK_SAMPLES = 24_000

/** A mixer for several readers that move forward over the same stretch: each block is mixed once. */
export interface MixWindow {
  read(from: number, count: number): Promise<Int16Array>
  /** Nothing before this sample frame will be asked for again. */
  forget(before: number): void
}

export function createMixWindow(mixer: Mixer): MixWindow {
  const blocks = new Map<number, Promise<Int16Array>>()
  const block = (n: number) => {
    const known = blocks.get(n)
    if (known) return known
    const mixed = mixer.read(n * BLOCK_SAMPLES, BLOCK_SAMPLES)
    blocks.set(n, mixed)
    return mixed
  }
  return {
    async read(from, count) {
      const pcm = new Int16Array(count * 2)
      for (let at = from; at < from + count; ) {
        const n = Math.floor(at / BLOCK_SAMPLES)
        const skip = at - n * BLOCK_SAMPLES
        const take = Math.min(BLOCK_SAMPLES - skip, from + count - at)
        pcm.set((await block(n)).subarray(skip * 2, (skip + take) * 2), (at - from) * 2)
        at += take
      }
      return pcm
    },
    forget(before) {
      for (const n of blocks.keys()) if ((n + 1) * BLOCK_SAMPLES <= before) blocks.delete(n)
    },
  }
}
