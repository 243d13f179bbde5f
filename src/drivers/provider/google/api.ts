import { z } from 'zod'

/**
 * What Google answers, as far as it is used here. Lenient: unknown members and statuses pass.
 *
 * Sources: the types and the converters of `@google/genai` 3.1.0 (`Interaction`, `VideoContent`, `generateVideosResponseFromVertex`),
 * https://ai.google.dev/gemini-api/docs/webhooks (read in copies of June 2026), https://cloud.google.com/apis/design/errors.
 */

/** `google.rpc.Status`, in an HTTP error under `error`, in an operation as `error`. */
export const Status = z.looseObject({
  code: z.number().optional(),
  message: z.string().optional(),
  status: z.string().optional(),
  details: z.array(z.looseObject({ '@type': z.string().optional() })).optional(),
})
export type Status = z.infer<typeof Status>

export const ErrorBody = z.looseObject({ error: Status })

const Content = z.looseObject({
  type: z.string().optional(),
  mime_type: z.string().optional(),
  /** Base64. */
  data: z.string().optional(),
  uri: z.string().optional(),
  text: z.string().optional(),
})
export type Content = z.infer<typeof Content>

export const Interaction = z.looseObject({
  id: z.string().min(1),
  /** queued, in_progress, requires_action, requires_continuation, completed, failed, cancelled, incomplete, budget_exceeded, or another word. */
  status: z.string(),
  steps: z
    .array(z.looseObject({ type: z.string().optional(), content: z.array(Content).nullish(), error: Status.nullish() }))
    .nullish()
    .transform((steps) => steps ?? []),
  output_video: Content.nullish(),
  errors: z
    .array(z.looseObject({ code: z.string().optional(), message: z.string().optional() }))
    .nullish()
    .transform((errors) => errors ?? []),
  usage: z.looseObject({ total_output_tokens: z.number().optional() }).nullish(),
})
export type Interaction = z.infer<typeof Interaction>

/** The thin message of a webhook. */
export const WebhookEvent = z.looseObject({
  type: z.string(),
  data: z.looseObject({ id: z.string().min(1) }),
})

/** A long-running operation. `done` is absent while it runs. */
export const Operation = z.looseObject({
  name: z.string().min(1).optional(),
  done: z.boolean().optional(),
  error: Status.nullish(),
  response: z
    .looseObject({
      videos: z
        .array(z.looseObject({ gcsUri: z.string().optional(), bytesBase64Encoded: z.string().optional(), mimeType: z.string().optional() }))
        .nullish(),
      raiMediaFilteredCount: z.number().nullish(),
      raiMediaFilteredReasons: z.array(z.string()).nullish(),
    })
    .nullish(),
})
export type Operation = z.infer<typeof Operation>
