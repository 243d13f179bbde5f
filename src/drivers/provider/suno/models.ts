import type { ModelFacts, Price } from '../../../ports/provider.ts'

export type SunoShape = 'self-hosted' | 'reseller'

/** Per order, which makes two clips. Neither list is Suno's own: it sells no API. */
const prices: Record<SunoShape, Price> = {
  'self-hosted': {
    per: 'take',
    amountMicroUsd: 40_000,
    asOf: '2026-11-22',
    source: '10 of the 2,500 credits of a subscription of 10 USD a month; unconfirmed',
  },
  reseller: { per: 'take', amountMicroUsd: 60_000, asOf: '2026-11-22', source: '12 credits at 5 USD for 1,000; unconfirmed' },
}

/** Names and the longest song, the first being the default. `chirp-v3-5` is that of suno-api, `V4` to `V5` those of sunoapi.org. */
const songs: Record<SunoShape, readonly [id: string, maxSeconds: number][]> = {
  'self-hosted': [
    ['chirp-v3-5', 240],
    ['chirp-v4', 240],
  ],
  reseller: [
    ['V4_5', 480],
    ['V4_5PLUS', 480],
    ['V5', 480],
    ['V4', 240],
  ],
}

/** What sunoapi.org takes as a description of a song. */
const RESELLER_PROMPT_CHARACTERS = 500

/** @param priceMicroUsd what an order costs the operator, where he knows better */
export function sunoModels(shape: SunoShape, priceMicroUsd?: number): readonly ModelFacts[] {
  const price = prices[shape]
  return songs[shape].map(([id, maxSeconds]) => ({
    id,
    kind: 'music',
    durations: { minSeconds: 1, maxSeconds, stepSeconds: 0.001 },
    ...(shape === 'reseller' && { maxCharacters: RESELLER_PROMPT_CHARACTERS }),
    price: priceMicroUsd === undefined ? price : { ...price, amountMicroUsd: priceMicroUsd, source: 'configured' },
  }))
}
