import { z } from 'zod'

/** A stretch of a recording or of the timeline. */
export const RangeView = z.object({ startSeconds: z.number(), endSeconds: z.number() })

export const VerdictView = z
  .object({
    check: z.string(),
    verdict: z.enum(['pass', 'warn', 'fail', 'repaired', 'unknown']),
    value: z.number().nullable(),
    unit: z.string(),
    threshold: z.number().nullable(),
    range: RangeView.optional(),
    detail: z.string(),
    takeId: z.string().optional().describe('Its times are those of this take by itself, not of the timeline.'),
    evidence: z.string().optional().describe('Name of a file of the asset that shows the place.'),
    notSetUp: z.literal(true).optional().describe('Unknown, because this server has nobody who could look. Holds nothing back.'),
  })
  .meta({ id: 'Verdict' })
export type VerdictView = z.output<typeof VerdictView>
