import { isFinal } from '../domain/job.ts'
import type { JobEvent } from './events.ts'
import type { JobView } from './jobs.ts'

/** Folds one event into a snapshot. Old ids change nothing. Apart from the schemas, so a browser need not load them. */
export function applyEvent(job: JobView, event: JobEvent): JobView {
  if (event.id <= job.seq) return job
  const next = { ...job, seq: event.id }
  switch (event.type) {
    case 'status': {
      const { state, outcome, assetId, at } = event.data
      const ended = isFinal(state)
      return {
        ...next,
        state,
        queue: state === 'queued' ? job.queue : null,
        startedAt: job.startedAt ?? (state === 'running' ? at : null),
        endedAt: ended ? at : null,
        outcome: outcome ?? null,
        assetId: assetId ?? job.assetId,
        ...((ended || state === 'held') && { eta: null }),
        ...(ended && { notice: null }),
        ...(state === 'succeeded' && { progress: 1 }),
      }
    }
    case 'stage':
      return { ...next, stages: job.stages.map((stage) => (stage.key === event.data.key ? event.data : stage)) }
    case 'progress':
      return { ...next, progress: event.data.progress, eta: event.data.eta }
    case 'preview':
      return { ...next, preview: event.data }
    case 'playable':
      return { ...next, playable: true, playableAt: event.at, playback: event.data }
    case 'segment':
      return job.playback ? { ...next, playback: { ...job.playback, readySeconds: event.data.endSeconds } } : next
    case 'review': {
      const { id, state } = event.data
      const known = job.reviews.some((review) => review.id === id)
      if (state !== 'open') return { ...next, reviews: job.reviews.filter((review) => review.id !== id) }
      return {
        ...next,
        reviews: known ? job.reviews.map((review) => (review.id === id ? event.data : review)) : [...job.reviews, event.data],
      }
    }
    case 'plan':
      return { ...next, title: event.data.title }
    case 'asset':
      return { ...next, assetId: event.data.assetId }
    case 'cost':
      return { ...next, cost: event.data }
    case 'notice':
      return { ...next, notice: event.data.text }
    default:
      return next
  }
}
