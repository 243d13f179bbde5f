import { z } from 'zod'

/**
 * What fal's queue answers, as far as it is used. Sources: `@fal-ai/client` 1.10.1 (`queue.js`, `response.js`,
 * `types/common.d.ts`) and fal's documentation of the queue, errors and webhooks. Lenient: what is not needed may be
 * missing or wrong.
 */

const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined)

export const submitted = z.looseObject({
  request_id: z.string().min(1),
  status_url: maybe(z.string()),
  response_url: maybe(z.string()),
  cancel_url: maybe(z.string()),
})

/** There is no FAILED: what failed or was refused is `COMPLETED`, and only the result says so. */
export const requestStatus = z.looseObject({
  status: z.string(),
  error: maybe(z.unknown()),
  error_type: maybe(z.string()),
})

export const cancelled = z.looseObject({ status: maybe(z.string()) })

const file = z.looseObject({
  url: z.url(),
  content_type: maybe(z.string()),
  file_size: maybe(z.number().int().nonnegative()),
})
export type FalFile = z.infer<typeof file>

/** Where the models put what they made. */
const FILES = ['video', 'audio', 'audio_file', 'videos', 'audios'] as const

/** The first file of a result, whatever the model calls it. */
export function fileOf(result: unknown): FalFile | undefined {
  if (typeof result !== 'object' || result === null) return undefined
  for (const name of FILES) {
    const found = (result as Record<string, unknown>)[name]
    const parsed = file.safeParse(Array.isArray(found) ? found[0] : typeof found === 'string' ? { url: found } : found)
    if (parsed.success) return parsed.data
  }
  return undefined
}

const problem = z.looseObject({
  loc: maybe(z.array(z.union([z.string(), z.number()]))),
  msg: maybe(z.string()),
  type: maybe(z.string()),
})
export type FalProblem = z.infer<typeof problem>

/** A failure: `detail` is a list for an error of the model, words for one of the platform. */
export const failure = z.looseObject({
  detail: maybe(z.union([z.string(), z.array(problem)])),
  error_type: maybe(z.string()),
  status: maybe(z.string()),
})
export type FalFailure = z.infer<typeof failure>

export const webhookBody = z.looseObject({
  request_id: maybe(z.string().min(1)),
  gateway_request_id: maybe(z.string().min(1)),
  status: maybe(z.string()),
})
