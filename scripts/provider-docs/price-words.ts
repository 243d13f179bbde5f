import type { ModelFacts, Provider } from '../../src/ports/provider.ts'

const UNITS = { second: 'a second', character: 'per 1,000 characters', take: 'an order' }

/** The price as a person reads it; by picture height where the provider's own quote differs by it. */
export function priceWords(provider: Provider, model: ModelFacts): string {
  const { per, amountMicroUsd } = model.price
  const byHeight = model.kind === 'video' && per === 'second' && model.sunset === undefined ? pricesByHeight(provider, model) : []
  const different = new Set(byHeight.map(([, amount]) => amount))
  const amounts =
    different.size > 1
      ? byHeight.map(([height, amount]) => `${dollars(amount)} (${height}p)`).join(', ')
      : dollars(amountMicroUsd * (per === 'character' ? 1_000 : 1))
  return `${amounts} ${UNITS[per]}`
}

/** Of a second at each height it makes, smallest first, from its quotes. */
function pricesByHeight(provider: Provider, model: ModelFacts): [height: number, microUsd: number][] {
  const { durations } = model
  const durationSeconds = durations === undefined ? 5 : 'minSeconds' in durations ? durations.maxSeconds : Math.max(...durations)
  const prices = (model.sizes ?? []).map((size): [number, number] => {
    const [width = 0, height = 0] = size.split('x').map(Number)
    const picture = model.image ? { imageUrl: 'https://example.com/picture.png' } : {}
    const order = {
      kind: 'video',
      model: model.id,
      prompt: 'a price',
      durationSeconds,
      width,
      height,
      fps: 24,
      seed: 1,
      ...picture,
    } as const
    return [Math.min(width, height), provider.quote(order).amountMicroUsd / durationSeconds]
  })
  return [...new Map(prices)].sort(([a], [b]) => a - b)
}

const dollars = (microUsd: number): string => Number((microUsd / 1_000_000).toPrecision(6)).toString()
