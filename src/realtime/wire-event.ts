import { isFinal, type JobState, type Preview } from '../domain/job.ts'
import type { StoredEvent } from '../ports/store.ts'
import type { EventData, EventType, JobEvent } from '../wire/events.ts'
import { previewView, type StoredStage, stageView } from './job-view.ts'
import { playbackView, type TimelinePlayback } from './playback.ts'
import { reviewView, type StoredReview } from './review-view.ts'

/** An event of the log in its wire form: object keys become addresses, a stage gets all its members. */
export function wireEvent(jobId: string, stored: StoredEvent): JobEvent {
  const { id, type } = stored
  return { id, at: stored.at.toISOString(), type, data: wireData(jobId, stored) } as JobEvent
}

function wireData(jobId: string, { type, data }: StoredEvent): EventData[EventType] {
  switch (type) {
    case 'stage':
      return stageView(data as StoredStage)
    case 'preview':
      return previewView(jobId, data as Preview)
    case 'review':
      return reviewView(data as StoredReview)
    case 'playable':
      return playbackView(data as TimelinePlayback)
    default:
      return data as EventData[EventType]
  }
}

/** Whether this is the last event a job will ever have. */
export function isTerminal({ type, data }: StoredEvent): boolean {
  return type === 'status' && isFinal((data as { state: JobState['state'] }).state)
}
