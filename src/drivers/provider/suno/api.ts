import { z } from 'zod'

/**
 * What the two servers answer. Both are unofficial and change without notice: `suno-api` as its source (gcui-art/suno-api,
 * `src/lib/SunoApi.ts` and its routes) writes it, sunoapi.org as its documentation says.
 */

/** A clip of suno-api. Only `complete` and `error` are ends; while `streaming` its audio is not whole. */
export const Clip = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  audio_url: z.string().nullish(),
  created_at: z.string().nullish(),
  /** The prompt as it was ordered; `prompt` is the lyrics. */
  gpt_description_prompt: z.string().nullish(),
  error_message: z.string().nullish(),
})
export type Clip = z.infer<typeof Clip>
export const Clips = z.array(Clip)

/** The envelope of sunoapi.org: `code` says what happened, the HTTP status does not. */
export const Envelope = z.looseObject({ code: z.number(), msg: z.string().nullish(), data: z.unknown() })
export type Envelope = z.infer<typeof Envelope>

export const TaskTaken = z.looseObject({ taskId: z.string().min(1) })

/** `GET /api/v1/generate/record-info`. */
export const Task = z.looseObject({
  taskId: z.string(),
  status: z.string(),
  errorCode: z.union([z.number(), z.string()]).nullish(),
  errorMessage: z.string().nullish(),
  response: z.looseObject({ sunoData: z.array(z.looseObject({ id: z.string(), audioUrl: z.string().nullish() })).nullish() }).nullish(),
})
export type Task = z.infer<typeof Task>

/** What sunoapi.org posts to `callBackUrl`, up to three times per task. */
export const Callback = z.looseObject({
  code: z.number(),
  data: z.looseObject({ callbackType: z.string(), task_id: z.string().min(1).max(128) }),
})

/** Any refusal: `{error}` of suno-api, `{code, msg}` of the reseller, or plain text. */
export function wordsOf(text: string): { code?: number; message: string } {
  const Known = z.looseObject({ code: z.number().optional(), msg: z.string().nullish(), error: z.string().nullish() })
  try {
    const { code, msg, error } = Known.parse(JSON.parse(text))
    return { message: msg ?? error ?? text.slice(0, 300), ...(code !== undefined && { code }) }
  } catch {
    return { message: text.slice(0, 300) }
  }
}
