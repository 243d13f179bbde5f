import type { Asset } from '../domain/asset.ts'
import type { DeadLetter } from '../domain/dead-letter.ts'
import type { IdPrefix, IdTypes, JobId, TenantId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import { newRetention } from '../domain/retention.ts'
import type { Review } from '../domain/review.ts'
import { laneOf, type Step, type StepWork } from '../domain/step.ts'
import type { Take } from '../domain/take.ts'
import type { WebhookEndpoint } from '../domain/webhook.ts'
import type { Ids } from '../ports/clock.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
let made = 0

/** Ids in the order of their making within this process; the time in front keeps processes apart. */
export const testIds: Ids = {
  next<P extends IdPrefix>(prefix: P) {
    made += 1
    const text = digits(Date.now(), 10) + digits(process.pid, 8) + digits(made, 8)
    return `${prefix}_${text}` as unknown as IdTypes[P]
  },
}

function digits(number: number, length: number): string {
  let text = ''
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32)) text = ALPHABET.charAt(rest % 32) + text
  return text
}

/** A queued job with the least that is valid. */
export function newJob(change: Partial<Job> = {}): Job {
  return {
    id: testIds.next('job'),
    tenantId: testIds.next('ten'),
    request: {
      kind: 'speech',
      providers: [],
      text: 'Good morning.',
      voice: 'draft',
      seed: 1,
      formats: ['m4a'],
      metadata: {},
      policy: {
        profile: 'standard',
        profileVersion: 1,
        gate: 'segment',
        deadlineSeconds: null,
        priority: 0,
        retention: 'ephemeral',
        maxTakesPerShot: 2,
        maxCostMicroUsd: null,
        onSubmitUnknown: 'ask',
      },
    },
    retryOf: null,
    state: { state: 'queued' },
    stages: [{ key: 'analyse', label: 'Analysing prompt', state: 'pending' }],
    progress: null,
    eta: null,
    plan: null,
    assetId: null,
    preview: null,
    notice: null,
    cost: { estimateMicroUsd: 0, actualMicroUsd: 0 },
    seq: 0,
    createdAt: new Date(),
    deadlineAt: null,
    ...change,
  }
}

/** A step that is due since a second. */
const STEP_TENANT = testIds.next('ten')

export function newStep(jobId: JobId, work: StepWork = { name: 'analyse' }, change: Partial<Step> = {}): Step {
  return {
    id: testIds.next('stp'),
    jobId,
    tenantId: STEP_TENANT,
    work,
    lane: laneOf[work.name],
    priority: 0,
    costSeconds: 1,
    attempt: 0,
    failures: 0,
    state: { state: 'ready', runAt: new Date(Date.now() - 1_000) },
    createdAt: new Date(),
    ...change,
  }
}

export function newTake(jobId: JobId, change: Partial<Take> = {}): Take {
  return {
    id: testIds.next('tak'),
    jobId,
    key: 'speech:0',
    role: 'speech',
    shot: 0,
    number: 1,
    provider: 'local',
    request: { kind: 'speech', text: 'Good morning.', voice: 'draft', seed: 1 },
    rank: 0,
    state: { state: 'planned' },
    cause: null,
    createdAt: new Date(),
    ...change,
  }
}

/** An open review of a take with one finding. */
export function newReview({ id: jobId, tenantId }: Pick<Job, 'id' | 'tenantId'>, change: Partial<Review> = {}): Review {
  return {
    id: testIds.next('rev'),
    jobId,
    tenantId,
    about: 'take',
    takeId: testIds.next('tak'),
    role: 'clip',
    shot: 0,
    startSeconds: 0,
    useFromSeconds: 0,
    findings: [{ check: 'black', verdict: 'fail', value: 2, unit: 's', threshold: 0.5, detail: 'The picture is black for 2 s.' }],
    regenerable: true,
    state: 'open',
    reviewers: 1,
    decisions: [],
    createdAt: new Date(),
    decidedAt: null,
    ...change,
  }
}

/** An open one about the failure of the job. */
export function newDeadLetter({ id: jobId, tenantId }: Pick<Job, 'id' | 'tenantId'>, change: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: testIds.next('dlt'),
    tenantId,
    jobId,
    about: { kind: 'job' },
    error: { code: 'internal', detail: 'It broke.' },
    state: { state: 'open' },
    at: new Date(),
    ...change,
  }
}

export function newAsset(jobId: JobId, change: Partial<Asset> = {}): Asset {
  return {
    id: testIds.next('ast'),
    jobId,
    kind: 'audio',
    title: 'Good morning',
    plannedDurationSeconds: 2.5,
    durationSeconds: null,
    width: null,
    height: null,
    fps: null,
    releasedSeconds: 0,
    cues: [],
    poster: false,
    renditions: [],
    retention: newRetention('standard'),
    state: { state: 'making' },
    createdAt: new Date(),
    ...change,
  }
}

/** An enabled endpoint that wants to know what is playable. */
export function newWebhook(tenantId: TenantId, change: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    id: testIds.next('whk'),
    tenantId,
    url: 'https://app.example/hook',
    events: ['job.playable'],
    secret: 'whsec_bmV3',
    previous: null,
    state: { state: 'enabled' },
    failingSince: null,
    createdAt: new Date(),
    ...change,
  }
}
