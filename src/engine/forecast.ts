import { type DurationSample, type Eta, type EtaJudgement, estimate, judgeEta } from '../domain/eta.ts'
import type { JobId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import { advanceBar, type Stage, type StageKey } from '../domain/progress.ts'
import type { JobRequest } from '../domain/request.ts'
import type { SamplesRepository } from '../ports/store.ts'

/** Past durations are read again after this long. */
const HISTORY_TTL_MS = 10_000
const HISTORY_LENGTH = 200
/** Answers kept, so that many like orders at once are not each estimated anew. */
const MOST_QUOTES = 1_000
/** At most two progress events a second per job and per stage. */
const TELL_EVERY_MS = 450

/** Share of the quoted time each stage ends later than the one before; only used until there is history. */
const quotedShare: Record<StageKey, number> = {
  analyse: 0.02,
  keyframes: 0.03,
  voice: 0.1,
  render: 0.65,
  check: 0.08,
  optimise: 0.07,
  publish: 0.05,
}

export interface Forecast {
  /** @param samples of the transaction it is for: one that waited for another connection could wait for itself */
  of(job: Job, now: Date, samples: SamplesRepository): Promise<{ progress: number | null; eta: Eta | null }>
  /** Before anything has begun. */
  quote(request: JobRequest, stages: readonly StageKey[], quotedSeconds: number): Promise<Eta>
  /** Whether enough time has passed to say the stage's fraction again. */
  worthTelling(jobId: JobId, stage: Stage, now: Date): boolean
  worthSending(job: Job, told: { progress: number | null; eta: Eta | null }, now: Date): boolean
  samplesOf(job: Job): DurationSample[]
  /** How right the forecast was for a job that has succeeded: what one like it would be told before this one is added to the samples. */
  judge(job: Job, now: Date, samples: SamplesRepository): Promise<EtaJudgement | null>
}

/** Time left and the bar, from the stages as they stand and how long such stages took before. */
export function createForecast(samples: SamplesRepository): Forecast {
  const histories = new Map<string, { at: number; byStage: Map<StageKey, number[]> }>()
  const quotes = new Map<string, { at: number; eta: Eta }>()
  const lastTold = new Map<string, { at: number }>()

  async function history(from: SamplesRepository, bucket: string, now: number): Promise<Map<StageKey, number[]>> {
    dropOld(histories, now - HISTORY_TTL_MS)
    const known = histories.get(bucket)
    if (known && now - known.at < HISTORY_TTL_MS) return known.byStage
    const byStage = await from.read(bucket, HISTORY_LENGTH)
    histories.set(bucket, { at: now, byStage })
    return byStage
  }

  function due(jobId: JobId, what: string, now: Date): boolean {
    const at = now.getTime()
    dropOld(lastTold, at - TELL_EVERY_MS)
    const key = `${jobId} ${what}`
    if (at - (lastTold.get(key)?.at ?? 0) < TELL_EVERY_MS) return false
    lastTold.set(key, { at })
    return true
  }

  return {
    async of(job, now, own) {
      if (job.state.state !== 'running' || !job.plan) return { progress: job.progress, eta: job.eta }
      const open = job.stages.findIndex((stage) => stage.state === 'pending' || stage.state === 'running')
      if (open < 0) return { progress: advanceBar(job.progress, 1, 0), eta: { p50Seconds: 0, p90Seconds: 0, basis: 'history' } }
      const startedAt = job.state.startedAt.getTime()
      // As if it had never waited for people.
      const workedUntil = now.getTime() - (job.state.heldMs ?? 0)
      const since = job.stages.slice(0, open).reduce((latest, stage) => Math.max(latest, endOf(stage) ?? startedAt), startedAt)
      const rest = job.stages.slice(open)
      const past = await history(own, bucketOf(job.request), now.getTime())
      const current = rest[0]
      const eta = estimate({
        elapsedSeconds: Math.max(0, (workedUntil - since) / 1000),
        fraction: current?.state === 'running' ? current.progress : null,
        histories: rest.map((stage) => past.get(stage.key) ?? []),
        quotedSeconds: rest.map((stage) => (job.plan?.quotedSeconds ?? 0) * quotedShare[stage.key]),
      })
      const elapsed = (workedUntil - startedAt) / 1000
      return { progress: advanceBar(job.progress, elapsed, eta?.p50Seconds ?? null), eta }
    },

    async quote(request, stages, quotedSeconds) {
      const now = Date.now()
      const question = `${bucketOf(request)} ${stages.join()} ${quotedSeconds}`
      const known = quotes.get(question)
      if (known && now - known.at < HISTORY_TTL_MS) return known.eta
      const eta = ofWhole(await history(samples, bucketOf(request), now), stages, quotedSeconds)
      if (quotes.size >= MOST_QUOTES) quotes.clear()
      quotes.set(question, { at: now, eta })
      return eta
    },

    worthTelling: (jobId, stage, now) => due(jobId, stage.key, now),

    worthSending(job, told, now) {
      const moved = job.progress !== told.progress || job.eta?.p50Seconds !== told.eta?.p50Seconds
      return moved && due(job.id, 'progress', now)
    },

    samplesOf(job) {
      if (job.state.state !== 'succeeded') return []
      const bucket = bucketOf(job.request)
      let previous = job.state.startedAt.getTime()
      return job.stages.flatMap((stage) => {
        const end = endOf(stage)
        if (end === null) return []
        const seconds = Math.max(0, (end - previous) / 1000)
        previous = Math.max(previous, end)
        return [{ stage: stage.key, bucket, seconds }]
      })
    },

    async judge({ state, request, stages, plan }, now, own) {
      if (state.state !== 'succeeded' || !plan) return null
      const past = await history(own, bucketOf(request), now.getTime())
      const keys = stages.map(({ key }) => key)
      return judgeEta(ofWhole(past, keys, plan.quotedSeconds), (state.endedAt.getTime() - state.startedAt.getTime()) / 1000)
    },
  }
}

/** Of a job that has not begun. */
function ofWhole(past: Map<StageKey, number[]>, stages: readonly StageKey[], quotedSeconds: number): Eta {
  const eta = estimate({
    elapsedSeconds: 0,
    fraction: null,
    histories: stages.map((key) => past.get(key) ?? []),
    quotedSeconds: stages.map((key) => quotedSeconds * quotedShare[key]),
  })
  return eta ?? { p50Seconds: quotedSeconds, p90Seconds: quotedSeconds * 2, basis: 'quote' }
}

/** Forgets what is of no more use, so that nobody has to say when a job has ended. The oldest entries come first. */
function dropOld(entries: Map<string, { at: number }>, until: number): void {
  for (const [key, { at }] of entries) {
    if (at > until) return
    entries.delete(key)
  }
}

function endOf(stage: Stage): number | null {
  return stage.state === 'done' ? stage.endedAt.getTime() : null
}

/** Jobs whose stages take about as long: same kind and picture size, length within the same ten seconds. */
function bucketOf(request: JobRequest): string {
  const size = 'width' in request ? `${request.width}x${request.height}@${request.fps}` : 'sound'
  const seconds = 'durationSeconds' in request ? request.durationSeconds : request.text.length / 15
  return `${request.kind}:${size}:${Math.round(seconds / 10) * 10}s`
}
