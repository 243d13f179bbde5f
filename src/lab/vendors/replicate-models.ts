import * as z from 'zod'
import { withoutMarkers } from '../dials.ts'
import type { MediaSpec } from '../media/maker.ts'

/** What a model takes, what that makes, and what it costs. */
export interface ReplicateOrdered {
  prompt: string
  spec: MediaSpec
  amountMicroUsd: number
}

const prompt = z.string().min(1)
const seed = z.int().optional()
const image = z.url().optional()

interface Clip {
  prompt: string
  duration: number
  resolution: string
  aspect_ratio: string
  seed?: number | undefined
  generate_audio?: boolean
}

function clip(input: Clip, microUsdPerSecond: number): ReplicateOrdered {
  const lines = Number.parseInt(input.resolution, 10)
  const long = Math.round((lines * 16) / 9 / 2) * 2
  const [width, height] = input.aspect_ratio === '1:1' ? [lines, lines] : input.aspect_ratio === '9:16' ? [lines, long] : [long, lines]
  return {
    prompt: input.prompt,
    amountMicroUsd: microUsdPerSecond * input.duration,
    spec: {
      kind: 'video',
      durationSeconds: input.duration,
      width,
      height,
      sound: input.generate_audio ?? false,
      ...(input.seed !== undefined && { seed: input.seed }),
    },
  }
}

const seedance = z.object({
  prompt,
  image,
  duration: z.int().min(2).max(12).default(5),
  resolution: z.enum(['480p', '720p', '1080p']).default('1080p'),
  aspect_ratio: z.enum(['16:9', '4:3', '1:1', '3:4', '9:16', '21:9']).default('16:9'),
  seed,
})
const veo = z.object({
  prompt,
  image,
  duration: z.union([z.literal(4), z.literal(6), z.literal(8)]).default(8),
  resolution: z.enum(['720p', '1080p']).default('1080p'),
  aspect_ratio: z.enum(['16:9', '9:16']).default('16:9'),
  generate_audio: z.boolean().default(true),
  seed,
})

const bySize =
  (prices: Record<string, number>) =>
  (input: Clip): ReplicateOrdered =>
    clip(input, prices[input.resolution] ?? 0)

/** Models by their names; prices as integrators list them. */
export const replicateModels: Record<string, z.ZodType<ReplicateOrdered>> = {
  'bytedance/seedance-1-pro-fast': seedance.transform(bySize({ '480p': 15_000, '720p': 25_000, '1080p': 60_000 })),
  'bytedance/seedance-1-lite': seedance.transform(bySize({ '480p': 18_000, '720p': 36_000, '1080p': 72_000 })),
  'google/veo-3.1-fast': veo.transform((input) => clip(input, input.generate_audio ? 150_000 : 100_000)),
  'stability-ai/stable-audio-2.5': z.object({ prompt, duration: z.int().min(1).max(190).default(190), seed }).transform((input) => ({
    prompt: input.prompt,
    amountMicroUsd: 200_000,
    spec: {
      kind: 'music',
      prompt: withoutMarkers(input.prompt),
      durationSeconds: input.duration,
      format: 'mp3',
      ...(input.seed !== undefined && { seed: input.seed }),
    },
  })),
  'minimax/speech-2.6-hd': z
    .object({ text: z.string().min(1).max(10_000), voice_id: z.string().default('Wise_Woman') })
    .transform((input) => ({
      prompt: input.text,
      amountMicroUsd: input.text.length * 100,
      spec: { kind: 'speech', text: withoutMarkers(input.text), voice: input.voice_id, format: 'mp3' },
    })),
}
