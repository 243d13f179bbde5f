import type { Job, JobSnapshot, JobView } from 'sluice/client'
import type { SluiceEventMap } from 'sluice/elements'

interface JobProgressProps {
  snapshot: JobView | JobSnapshot
  job?: Job
  onRetry?(): void
}

const headings: Partial<Record<JobView['state'], string>> = { queued: 'In the queue', running: 'Being made', held: 'Being made' }

/** `<sluice-progress>` under a heading of its own: the page's heading has the title already. */
export function JobProgress({ snapshot, job, onRetry }: JobProgressProps) {
  return (
    <sluice-progress
      {...(job ? { job } : { snapshot })}
      label="Progress"
      onsluice-retry={(event: SluiceEventMap['sluice-retry']) => {
        event.preventDefault()
        onRetry?.()
      }}
    >
      <span slot="title" className="text-lg font-semibold tracking-[-0.01em]">
        {headings[snapshot.state] ?? 'How it went'}
      </span>
    </sluice-progress>
  )
}
