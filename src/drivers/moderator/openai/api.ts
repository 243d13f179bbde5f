import * as z from 'zod'

/** `POST /moderations`: `resources/moderations.d.ts` of openai 7.57.0. A category of `null` was not judged. */
export const judgement = z.looseObject({
  model: z.string().nullable().catch(null),
  results: z
    .array(
      z.looseObject({
        flagged: z.boolean(),
        categories: z.record(z.string(), z.boolean().nullable()),
        category_scores: z.record(z.string(), z.number().nullable()).catch({}),
        /** Absent from models that take text only. */
        category_applied_input_types: z.record(z.string(), z.array(z.string()).nullable()).nullish().catch(null),
      }),
    )
    .length(1),
})
export type Judged = z.infer<typeof judgement>['results'][number]
