import * as z from 'zod'
import { withoutMarkers } from '../dials.ts'
import type { MediaSpec } from '../media/maker.ts'

/** What an app takes, what that makes, and what it costs. */
export interface FalOrdered {
  prompt: string
  spec: MediaSpec
  amountMicroUsd: number
  seed?: number | undefined
}

const prompt = z.string().min(1)
const seed = z.int().optional()
const landscapeOrPortrait = z.enum(['16:9', '9:16'])
const image = z.object({ image_url: z.url() })

interface Clip {
  prompt: string
  seconds: number
  aspect: string
  lines: number
  seed?: number | undefined
  sound?: boolean
}

function clip({ prompt: words, seconds, aspect, lines, seed: given, sound = false }: Clip, microUsdPerSecond: number): FalOrdered {
  const long = Math.round((lines * 16) / 9 / 2) * 2
  const [width, height] = aspect === '1:1' ? [lines, lines] : aspect === '9:16' ? [lines, long] : [long, lines]
  return {
    prompt: words,
    amountMicroUsd: microUsdPerSecond * seconds,
    seed: given,
    spec: { kind: 'video', durationSeconds: seconds, width, height, sound, ...(given !== undefined && { seed: given }) },
  }
}

const linesOf = (resolution: string): number => Number.parseInt(resolution, 10)
const oneOf = (from: number, to: number) => z.enum(Array.from({ length: to - from + 1 }, (_, index) => String(from + index)))

const seedanceFast = z.object({
  prompt,
  aspect_ratio: z.enum(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto']).default('16:9'),
  resolution: z.enum(['480p', '720p', '1080p']).default('1080p'),
  duration: oneOf(2, 12).default('5'),
  seed,
})
/** A million tokens for a dollar: height x width x 24 x seconds / 1024. The price of 1080p is a named one. */
const SEEDANCE_FAST_SECOND: Record<string, number> = { '480p': 9_600, '720p': 21_600, '1080p': 49_000 }
const seedance = (input: z.infer<typeof seedanceFast>) =>
  clip(
    {
      prompt: input.prompt,
      seconds: Number(input.duration),
      aspect: input.aspect_ratio,
      lines: linesOf(input.resolution),
      seed: input.seed,
    },
    SEEDANCE_FAST_SECOND[input.resolution] ?? 0,
  )

const seedance2Fast = z.object({
  prompt,
  aspect_ratio: z.enum(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto']).default('16:9'),
  resolution: z.enum(['480p', '720p']).default('720p'),
  duration: oneOf(4, 15).default('5'),
})
const seedance2 = (input: z.infer<typeof seedance2Fast>) =>
  clip(
    { prompt: input.prompt, seconds: Number(input.duration), aspect: input.aspect_ratio, lines: linesOf(input.resolution), sound: true },
    input.resolution === '720p' ? 241_900 : 110_000,
  )

const klingTurbo = z.object({
  prompt: prompt.max(2500),
  duration: z.enum(['5', '10']).default('5'),
  aspect_ratio: z.enum(['16:9', '9:16', '1:1']).default('16:9'),
})
const kling = (input: z.infer<typeof klingTurbo>) =>
  clip({ prompt: input.prompt, seconds: Number(input.duration), aspect: input.aspect_ratio, lines: 1080 }, 70_000)

const veoFast = z.object({
  prompt,
  aspect_ratio: landscapeOrPortrait.default('16:9'),
  duration: z.enum(['4s', '6s', '8s']).default('8s'),
  resolution: z.enum(['720p', '1080p']).default('720p'),
  generate_audio: z.boolean().default(true),
  seed,
})
const veo = (input: z.infer<typeof veoFast>) =>
  clip(
    {
      prompt: input.prompt,
      seconds: Number.parseInt(input.duration, 10),
      aspect: input.aspect_ratio,
      lines: linesOf(input.resolution),
      seed: input.seed,
      sound: input.generate_audio,
    },
    input.generate_audio ? 150_000 : 100_000,
  )

/** Endpoints, as their pages describe them (fal.ai/models/<endpoint>/llms.txt); `image-to-video` after its sibling. */
export const falEndpoints: Record<string, z.ZodType<FalOrdered>> = {
  'fal-ai/bytedance/seedance/v1/pro/fast/text-to-video': seedanceFast.transform(seedance),
  'fal-ai/bytedance/seedance/v1/pro/fast/image-to-video': seedanceFast.extend(image.shape).transform(seedance),
  'bytedance/seedance-2.0/fast/text-to-video': seedance2Fast.transform(seedance2),
  'bytedance/seedance-2.0/fast/image-to-video': seedance2Fast.extend(image.shape).transform(seedance2),
  'fal-ai/kling-video/v2.5-turbo/pro/text-to-video': klingTurbo.transform(kling),
  'fal-ai/kling-video/v2.5-turbo/pro/image-to-video': klingTurbo
    .omit({ aspect_ratio: true })
    .extend(image.shape)
    .transform((input) => kling({ ...input, aspect_ratio: '16:9' })),
  'fal-ai/veo3.1/fast': veoFast.transform(veo),
  'fal-ai/veo3.1/fast/image-to-video': veoFast.extend(image.shape).transform(veo),
  'fal-ai/stable-audio-25/text-to-audio': z
    .object({ prompt, seconds_total: z.int().min(1).max(190).default(190), seed })
    .transform((input) => ({
      prompt: input.prompt,
      amountMicroUsd: 200_000,
      seed: input.seed,
      spec: {
        kind: 'music',
        prompt: withoutMarkers(input.prompt),
        durationSeconds: input.seconds_total,
        format: 'wav',
        ...(input.seed !== undefined && { seed: input.seed }),
      },
    })),
  'beatoven/sound-effect-generation': z.object({ prompt, duration: z.number().min(1).max(35).default(5), seed }).transform((input) => ({
    prompt: input.prompt,
    amountMicroUsd: 100_000,
    spec: { kind: 'sound', prompt: withoutMarkers(input.prompt), durationSeconds: input.duration, format: 'wav' },
  })),
  'fal-ai/kokoro/american-english': z.object({ prompt, voice: z.string().default('af_heart') }).transform((input) => ({
    prompt: input.prompt,
    amountMicroUsd: input.prompt.length * 20,
    spec: { kind: 'speech', text: withoutMarkers(input.prompt), voice: input.voice, format: 'wav' },
  })),
}
