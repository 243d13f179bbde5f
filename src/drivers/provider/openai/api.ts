import * as z from 'zod'

/**
 * What servers with OpenAI's shapes answer: `resources/videos.d.ts` of openai 7.57.0, vLLM-Omni's `docs/serving/videos_api.md`,
 * SGLang's `video_api.py` and `protocol.py`, which FastVideo shares, LiteLLM's `types/videos/main.py`. Only the id and the status are
 * everywhere.
 */
const failure = z.looseObject({
  /** A string, a number of vLLM-Omni's, or absent (SGLang). */
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  message: z.string().nullish().catch(null),
  param: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
})
export type VideoFailure = z.infer<typeof failure>

export const video = z.looseObject({
  id: z.string().min(1),
  status: z.string().catch('queued'),
  progress: z.number().nullish().catch(null),
  created_at: z.number().nullish().catch(null),
  expires_at: z.number().nullish().catch(null),
  model: z.string().nullish().catch(null),
  prompt: z.string().nullish().catch(null),
  seconds: z.union([z.string(), z.number()]).nullish().catch(null),
  size: z.string().nullish().catch(null),
  /** SGLang's, when it stores videos in a cloud. */
  url: z.string().nullish().catch(null),
  error: failure.nullish().catch(null),
})
export type Video = z.infer<typeof video>

/** A page of videos, the newest first. SGLang and FastVideo do not say whether there are more. */
export const page = z.looseObject({ data: z.array(video), has_more: z.boolean().nullish().catch(null) })

const output = z.object({
  role: z.enum(['media', 'timings', 'still']),
  mimeType: z.string(),
  locator: z.string(),
  sizeBytes: z.number().optional(),
})

/** The reference of an order. Speech came with the answer and is kept already. A video that was adopted has only its id. */
export const ref = z.union([
  z.object({ kind: z.literal('speech'), outputs: z.array(output), amountMicroUsd: z.number() }),
  z.object({ kind: z.literal('video').default('video'), id: z.string(), amountMicroUsd: z.number().optional() }),
])
