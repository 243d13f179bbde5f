import { z } from 'zod'

/** RFC 9457 problem document, `application/problem+json`. */
export const ProblemView = z
  .looseObject({
    type: z.string().describe('Address of the page that explains the code.'),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string().describe('What happened this time.'),
    fix: z.string().optional().describe('How to mend it.'),
    field: z.string().optional().describe('Path of the offending input.'),
    errors: z
      .array(z.object({ field: z.string(), detail: z.string() }))
      .optional()
      .describe('Every offending input, when there are several.'),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' })
export type ProblemView = z.output<typeof ProblemView>
