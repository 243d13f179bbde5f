/** A sentence that may be told. */
export interface Candidate {
  score: number
  seconds: number
}

const STEP_SECONDS = 0.1

/**
 * The candidates that together tell most and fill the time, in their order: a knapsack over tenths of seconds and counts.
 * @param wish seconds to fill; the choice stays below `most`
 */
export function select(candidates: Candidate[], { wish, most, maxCount }: { wish: number; most: number; maxCount: number }): number[] {
  const room = Math.max(0, Math.floor(most / STEP_SECONDS))
  // best[count][time]: the highest score, and which candidates make it.
  const best: ({ score: number; picked: number[] } | undefined)[][] = Array.from({ length: maxCount + 1 }, () => [])
  ;(best[0] as unknown[])[0] = { score: 0, picked: [] }
  candidates.forEach(({ score, seconds }, index) => {
    const time = Math.ceil(seconds / STEP_SECONDS)
    for (let count = maxCount - 1; count >= 0; count--) {
      const row = best[count] as (typeof best)[number]
      const next = best[count + 1] as (typeof best)[number]
      for (let used = room - time; used >= 0; used--) {
        const from = row[used]
        if (from === undefined) continue
        const total = from.score + score
        if (total > (next[used + time]?.score ?? -1)) next[used + time] = { score: total, picked: [...from.picked, index] }
      }
    }
  })
  let winner: { value: number; picked: number[] } = { value: -1, picked: [] }
  for (const row of best) {
    row.forEach((entry, time) => {
      if (entry === undefined) return
      const short = Math.max(0, wish - time * STEP_SECONDS)
      const over = Math.max(0, time * STEP_SECONDS - wish)
      const value = entry.score - 0.3 * short - 0.15 * over
      if (winner.picked.length === 0 || value > winner.value) winner = { value, picked: entry.picked }
    })
  }
  return winner.picked
}
