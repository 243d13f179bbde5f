import type { MicroUsd } from '../../../domain/money.ts'
import type { ModelFacts, Price } from '../../../ports/provider.ts'

export type Resolution = '360p' | '720p' | '1080p' | '4k'

/** Google asks a price per second for each resolution; `price` is the one of 720p. */
export interface GoogleModel extends ModelFacts {
  perSecondMicroUsd: Partial<Record<Resolution, MicroUsd>>
}

type Size = `${number}x${number}`

const sizesOf: Record<Resolution, readonly Size[]> = {
  '360p': ['640x360', '360x640'],
  '720p': ['1280x720', '720x1280'],
  '1080p': ['1920x1080', '1080x1920'],
  '4k': ['3840x2160', '2160x3840'],
}

const heights: Record<number, Resolution> = { 360: '360p', 720: '720p', 1080: '1080p', 2160: '4k' }

/** Google's words for a size that is one of the model's. */
export function frameOf({ width, height }: { width: number; height: number }): { resolution: Resolution; aspectRatio: '16:9' | '9:16' } {
  const resolution = heights[Math.min(width, height)]
  if (resolution === undefined) throw new Error(`${width}x${height} has no name at Google`)
  return { resolution, aspectRatio: width > height ? '16:9' : '9:16' }
}

function model(
  facts: Omit<GoogleModel, 'kind' | 'sizes' | 'price' | 'image'>,
  { asOf, source }: Pick<Price, 'asOf' | 'source'>,
): GoogleModel {
  const resolutions = Object.keys(facts.perSecondMicroUsd) as Resolution[]
  return {
    ...facts,
    kind: 'video',
    image: true,
    sizes: resolutions.flatMap((resolution) => sizesOf[resolution]),
    price: { per: 'second', amountMicroUsd: facts.perSecondMicroUsd['720p'] ?? 0, asOf, source },
  }
}

/** Google's own page could not be read: these are its figures as resellers compare theirs with them, which agree among each other. */
const omniList = { asOf: '2026-11-11', source: 'https://ai.google.dev/gemini-api/docs/pricing, second-hand' }

/** The Interactions API of the Gemini Developer API. Neither model is known to honour a seed. */
export const geminiModels: readonly GoogleModel[] = [
  model(
    {
      id: 'gemini-omni-1.2-flash',
      durations: { minSeconds: 3, maxSeconds: 15, stepSeconds: 1 },
      perSecondMicroUsd: { '720p': 70_000, '1080p': 105_000, '360p': 23_334, '4k': 210_000 },
    },
    omniList,
  ),
  model(
    {
      id: 'gemini-omni-1.1-flash',
      durations: { minSeconds: 3, maxSeconds: 10, stepSeconds: 1 },
      perSecondMicroUsd: { '720p': 100_000, '1080p': 150_000, '360p': 30_000, '4k': 300_000 },
    },
    omniList,
  ),
]

/** With sound. Second-hand as well. */
const veoList = { asOf: '2026-11-22', source: 'https://cloud.google.com/vertex-ai/generative-ai/pricing, second-hand' }

/** Veo on Vertex AI, called Gemini Enterprise Agent Platform since 2026. */
export const vertexModels: readonly GoogleModel[] = [
  model(
    {
      id: 'veo-3.1-generate-001',
      durations: [4, 6, 8],
      seed: true,
      perSecondMicroUsd: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
    },
    veoList,
  ),
  model(
    {
      id: 'veo-3.1-fast-generate-001',
      durations: [4, 6, 8],
      seed: true,
      perSecondMicroUsd: { '720p': 100_000, '1080p': 120_000, '4k': 300_000 },
    },
    veoList,
  ),
  model(
    { id: 'veo-3.1-lite-generate-001', durations: [4, 6, 8], seed: true, perSecondMicroUsd: { '720p': 50_000, '1080p': 80_000 } },
    veoList,
  ),
  model(
    {
      id: 'veo-3.0-generate-001',
      durations: [4, 6, 8],
      seed: true,
      perSecondMicroUsd: { '720p': 400_000, '1080p': 400_000 },
      sunset: '2026-06-30',
    },
    veoList,
  ),
  model(
    {
      id: 'veo-3.0-fast-generate-001',
      durations: [4, 6, 8],
      seed: true,
      perSecondMicroUsd: { '720p': 150_000, '1080p': 150_000 },
      sunset: '2026-06-30',
    },
    veoList,
  ),
]
