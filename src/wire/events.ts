import { z } from 'zod'
import { REPAIR_ACTIONS } from '../domain/repair.ts'
import { EtaView, JobStateName, type JobView, OutcomeView, PlaybackView, PreviewView, StageView } from './jobs.ts'
import { ReviewView } from './reviews.ts'
import { VerdictView } from './verdicts.ts'

/**
 * Events of a job, in the order of their ids 1, 2, 3, ... The log keeps them for as long as the job.
 * A reader who folds them into the snapshot it began with has the same {@link JobView} the server would send.
 */
export const eventData = {
  /** The job changed state. The last event of every job is a `status` with a final state. */
  status: z.object({
    state: JobStateName,
    outcome: OutcomeView.optional(),
    assetId: z.string().optional(),
    at: z.iso.datetime(),
  }),
  stage: StageView,
  progress: z.object({ progress: z.number().min(0).max(1).nullable(), eta: EtaView.nullable() }),
  preview: PreviewView,
  /** The first segment has passed the gate. */
  playable: PlaybackView,
  /** One more segment has passed. `endSeconds` is how much can be played now. */
  segment: z.object({ index: z.number().int(), startSeconds: z.number(), endSeconds: z.number() }),
  check: VerdictView,
  /** Something was held back, somebody has decided, or its job ended: the whole review as it then stood. */
  review: ReviewView,
  /** One attempt at one part moved on. */
  take: z.object({
    takeId: z.string(),
    role: z.string(),
    shot: z.number().int().nullable(),
    number: z.number().int(),
    provider: z.string(),
    state: z.string(),
    outcome: OutcomeView.optional(),
  }),
  plan: z.object({
    title: z.string(),
    plannedDurationSeconds: z.number(),
    shots: z.array(z.object({ index: z.number().int(), title: z.string(), estimatedSeconds: z.number() })),
  }),
  /** First when the asset is begun, without a length; again when it is complete. */
  asset: z.object({ assetId: z.string(), durationSeconds: z.number().nullable() }),
  cost: z.object({ estimateMicroUsd: z.number().int(), actualMicroUsd: z.number().int() }),
  /** A finding of the gate is being mended, the cheapest way that can mend it. */
  repair: z.object({
    check: z.string(),
    action: z.enum(REPAIR_ACTIONS),
    takeId: z.string(),
    shot: z.number().int().nullable(),
    costMicroUsd: z.number().int().describe('What mending costs, if it succeeds at the first try.'),
    seconds: z.number().describe('How much longer it takes.'),
    chance: z.number().describe('That it mends, 0 to 1, from what was learned so far.'),
    reason: z.string(),
  }),
  notice: z.object({ text: z.string().nullable() }),
} as const

export type EventType = keyof typeof eventData
export type EventData = { [T in EventType]: z.output<(typeof eventData)[T]> }

/** An event of the log. */
export type JobEvent = { [T in EventType]: { id: number; at: string; type: T; data: EventData[T] } }[EventType]

/**
 * What `GET /v1/jobs/:id/events` carries: the whole state first (its id is the last event in it), then events.
 * As server-sent events: `id:` and `event:` repeat `id` and `type`; `data:` is the whole message as JSON.
 * A reader that comes back with `Last-Event-ID` gets the events after it, without a snapshot.
 */
export type StreamMessage = { id: number; type: 'snapshot'; data: JobView } | JobEvent

/**
 * What `GET /v1/events` carries: messages of many jobs, each with its job. A connection begins with a snapshot of each
 * job asked for (`?jobs=a,b`; without it, of each that has not ended). As `id` counts per job, the stream's own `id:` line
 * is a time; a reader that comes back with it as `Last-Event-ID` also gets snapshots of the jobs that ended since.
 */
export type FeedMessage = StreamMessage & { jobId: string }

/**
 * A page of events for a reader that cannot hold a stream open. When `after` is an id the job does not have yet, the page
 * holds one message of type `snapshot` instead, whose data is the whole job.
 */
export const EventPage = z
  .object({
    events: z.array(z.object({ id: z.number().int(), at: z.iso.datetime(), type: z.string(), data: z.unknown() })),
    /** Ask again with `after` = this. */
    next: z.number().int(),
    ended: z.boolean().describe('The last event of the job is among those read so far.'),
  })
  .meta({ id: 'EventPage' })
export type EventPage = z.output<typeof EventPage>
