import * as z from 'zod'

/**
 * What Runway answers, as the types of @runwayml/sdk 4.20.1 (`resources/tasks.d.ts`) and docs.dev.runwayml.com describe it,
 * read leniently: only what is used here is asked for.
 */
const credits = z.looseObject({ credits: z.number().nonnegative() })

export const submitted = z.looseObject({ id: z.string().min(1), estimatedCost: credits.optional().catch(undefined) })

export const task = z.looseObject({
  id: z.string(),
  status: z.string(),
  progress: z.number().nullish().catch(null),
  output: z.array(z.string()).nullish(),
  failure: z.string().nullish(),
  failureCode: z.string().nullish(),
  cost: credits.nullish().catch(null),
  estimatedCost: credits.nullish().catch(null),
})
export type Task = z.infer<typeof task>

/** A refusal. `issues` name the offending members where a body did not pass validation (seen in the field, not in the types). */
export const refusal = z.looseObject({
  error: z.string().catch(''),
  issues: z
    .array(z.looseObject({ path: z.array(z.union([z.string(), z.number()])).catch([]), message: z.string().catch('') }))
    .optional()
    .catch(undefined),
})

/** The reference of an order: enough to ask for it again after a restart. One that was adopted by its id has no more than that. */
export const ref = z.object({
  id: z.string(),
  kind: z.enum(['video', 'speech', 'sound']).optional(),
  amountMicroUsd: z.number().optional(),
})
