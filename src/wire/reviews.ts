import { z } from 'zod'
import { RangeView, VerdictView } from './verdicts.ts'

const ReviewStateName = z.enum(['open', 'approved', 'rejected', 'regenerated', 'closed'])
const DecisionName = z.enum(['approve', 'reject', 'regenerate'])
/** Longest note, in characters. */
export const MAX_NOTE_LENGTH = 2_000
const MAX_NAME_LENGTH = 100

const FindingView = VerdictView.omit({ range: true })
  .extend({
    inMedia: RangeView.nullable().describe('Where it is in what `media` plays; null when it concerns the whole.'),
    onTimeline: RangeView.nullable().describe(
      "Where it is on the asset's timeline; null when that is not known yet, or it concerns the whole.",
    ),
  })
  .meta({ id: 'Finding' })

/** Something that is held until a person has decided, or was. */
export const ReviewView = z
  .object({
    id: z.string(),
    jobId: z.string(),
    about: z.enum(['prompt', 'take', 'stretch']).describe('The prompt, a take as delivered, or a part of the timeline.'),
    takeId: z.string().nullable(),
    role: z.string().nullable().describe('What the take is for: `clip`, `speech`, `music`, `sound`, `keyframes`.'),
    shot: z.number().int().nullable(),
    findings: z.array(FindingView),
    media: z
      .object({ url: z.string(), kind: z.enum(['video', 'audio', 'image']) })
      .nullable()
      .describe('What is held, for the eyes and ears of reviewers; null for a prompt.'),
    state: ReviewStateName,
    reviewers: z.number().int().describe('How many different people must approve.'),
    missing: z.number().int().describe('How many of them have still to.'),
    choices: z.array(DecisionName).describe('What can be decided now.'),
    decisions: z
      .array(z.object({ decision: DecisionName, by: z.string(), note: z.string(), at: z.iso.datetime() }))
      .describe('What was said, by whom and when, in that order. Never changed.'),
    createdAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Review' })
export type ReviewView = z.output<typeof ReviewView>

export const ReviewList = z
  .object({ reviews: z.array(ReviewView), next: z.string().nullable().describe('Pass as `before` for the next page.') })
  .meta({ id: 'ReviewList' })
export type ReviewList = z.output<typeof ReviewList>

export const ReviewListQuery = z.strictObject({
  state: z.union([ReviewStateName, z.array(ReviewStateName)]).optional(),
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

export const ReviewInput = z
  .strictObject({
    decision: DecisionName.describe('`approve` lets it through, `reject` ends the job, `regenerate` orders another take.'),
    note: z.string().trim().max(MAX_NOTE_LENGTH).default('').describe('Why. Needed to reject and to regenerate.'),
    by: z
      .string()
      .trim()
      .min(1)
      .max(MAX_NAME_LENGTH)
      .optional()
      .describe('Who decides, where no API key says so. With a key it is the name of the key.'),
  })
  .refine(({ decision, note }) => decision === 'approve' || note !== '', {
    path: ['note'],
    error: 'Say why: it is kept with the decision.',
  })
  .meta({ id: 'ReviewDecision' })
export type ReviewInput = z.input<typeof ReviewInput>
