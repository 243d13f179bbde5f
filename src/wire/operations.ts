import { z } from 'zod'
import { LANES } from '../domain/step.ts'
import { MicroUsd } from './spend.ts'

const LaneName = z.enum(LANES)
const Count = z.number().int()

const LaneView = z
  .object({
    lane: LaneName.describe('`io` waits on others, `cpu` is FFmpeg, `resident` belongs to one process at a time.'),
    depth: Count.describe('Steps that are due and not running, counted up to 10,000.'),
    oldestSeconds: z.number().describe('How long the oldest of them has been due; 0 when there is none.'),
    running: Count.describe('Steps running now, in all processes.'),
    slots: Count.describe('Steps that could run at once, in all processes.'),
  })
  .meta({ id: 'Lane' })

const ProcessView = z
  .object({
    id: z.string(),
    host: z.string(),
    pid: Count,
    version: z.string(),
    alive: z.boolean().describe('It has spoken in the last ten seconds. One that died without a word is listed for an hour.'),
    api: z.boolean().describe('It answers requests.'),
    scheduling: z.enum(['active', 'standby', 'off']).describe('`active`: of all processes this one admits steps.'),
    lanes: z.array(z.object({ lane: LaneName, running: Count, slots: Count })).describe('What it runs steps of.'),
    startedAt: z.iso.datetime(),
    seenAt: z.iso.datetime(),
  })
  .meta({ id: 'Process' })

const ProviderAccountView = z
  .object({
    provider: z.string(),
    limit: Count.nullable().describe('Orders at once; null: no limit is set.'),
    inFlight: Count.describe('Orders that have not ended.'),
    inDoubt: Count.describe('Those of which nobody knows whether they were taken.'),
    pausedUntil: z.iso.datetime().nullable().describe('It asked to slow down: nothing is ordered before then.'),
    slowedAt: z.iso.datetime().nullable().describe('When it last asked to.'),
    lastFailure: z
      .object({ at: z.iso.datetime(), class: z.string().describe('`transient`, `throttled`, `billing`, ...') })
      .nullable()
      .describe('How a call to it failed last. What it refused of an input does not count.'),
  })
  .meta({ id: 'ProviderAccount' })

const common = {
  since: z.iso.datetime().describe('Since when it waits.'),
  detail: z.string().describe('What is the matter, for a person.'),
}
const ofJob = { ...common, jobId: z.string(), title: z.string().describe('Of the job.') }

export const StuckView = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('lost'), ...ofJob, stepId: z.string() }).describe('A step whose workers were lost again and again.'),
    z.object({ kind: z.literal('late'), ...ofJob, stepId: z.string() }).describe('A step that is long due, and nobody runs.'),
    z.object({ kind: z.literal('order'), ...ofJob, takeId: z.string() }).describe('An order nobody can find: somebody has to decide.'),
    z.object({ kind: z.literal('review'), ...ofJob, reviewId: z.string() }).describe('Held until a person has decided.'),
    z.object({ kind: z.literal('webhook'), ...common, webhookId: z.string(), url: z.string() }).describe('A receiver that takes nothing.'),
  ])
  .meta({ id: 'Stuck' })
export type StuckView = z.output<typeof StuckView>

export const OperationsView = z
  .object({
    at: z.iso.datetime().describe('When it was so.'),
    lanes: z.array(LaneView),
    processes: z.array(ProcessView).describe('The oldest first.'),
    providers: z.array(ProviderAccountView),
    limits: z
      .object({
        budget: z.object({
          limitMicroUsd: MicroUsd.nullable().describe('Null: no limit.'),
          reservedMicroUsd: MicroUsd.describe('Set aside for orders under way.'),
          spentMicroUsd: MicroUsd,
        }),
        jobs: z.object({
          running: Count.describe('Jobs in the making, counted up to 1,000.'),
          atOnce: Count.nullable().describe('How many may be at once; null: no limit.'),
          waiting: Count.describe('Jobs that have not begun, counted up to `mostWaiting`.'),
          mostWaiting: Count.describe('So many may; further ones are refused.'),
          perMinute: Count.nullable().describe('How many may be submitted within a minute; null: no limit.'),
          nextSeconds: z.number().describe('How long the next of them has waited.'),
          weight: z.number().describe('Your share of what is scarce, beside the 1 that others have.'),
        }),
      })
      .describe('Yours, and how far they are used.'),
    stuck: z.array(StuckView).describe('What of yours does not go on by itself; at most 20 of a kind.'),
    deadLetters: Count.describe('Dead letters of yours that are open, counted up to 1,000.'),
  })
  .meta({ id: 'Operations' })
export type OperationsView = z.output<typeof OperationsView>

export const DeadLetterView = z
  .object({
    id: z.string(),
    kind: z
      .enum(['job', 'step', 'delivery'])
      .describe('What was given up, and what a retry does: a new job for the same request, the same step again, the same message again.'),
    jobId: z.string(),
    title: z.string().describe('Of the job.'),
    name: z.string().nullable().describe('The step, or the type of the message.'),
    webhookId: z.string().nullable(),
    error: z.object({ code: z.string().nullable(), detail: z.string(), fix: z.string().nullable() }).describe('Why it was given up.'),
    state: z.enum(['open', 'retried', 'dismissed']),
    retriedAs: z.string().nullable().describe('The new job, where a retry has made one.'),
    at: z.iso.datetime().describe('When it was given up.'),
    closedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'DeadLetter' })
export type DeadLetterView = z.output<typeof DeadLetterView>

export const DeadLetterQuery = z.strictObject({
  before: z.string().optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

export const DeadLetterList = z
  .object({ deadLetters: z.array(DeadLetterView), next: z.string().nullable().describe('Pass as `before` for the next page.') })
  .meta({ id: 'DeadLetterList' })
export type DeadLetterList = z.output<typeof DeadLetterList>
