import { useRef, useState } from 'react'
import type { AssetView, Job, JobSnapshot, JobView, TakeView } from 'sluice/client'
import type { SluicePlayerElement } from 'sluice/elements'
import { kinds } from '../compose/kinds.ts'
import { ago, moment } from '../format/time.ts'
import { Checks } from './checks.tsx'
import { Developer } from './developer.tsx'
import { Doubts } from './doubt.tsx'
import { Facts } from './facts.tsx'
import { Files } from './files.tsx'
import { frameOf } from './frame.ts'
import { HeldNote } from './held.tsx'
import type { JobLog } from './job-log.ts'
import { JobProgress } from './job-progress.tsx'
import { OutcomeNote } from './outcome.tsx'
import { notWatching, Screen } from './screen.tsx'
import { Shots } from './shots.tsx'

interface JobSheetProps {
  snapshot: JobView | JobSnapshot
  log: JobLog
  asset: AssetView | null
  /** What was ordered, with its cost; empty until it is known. */
  orders: TakeView[]
  /** What plays and cancels. Without it the sheet is a picture of the snapshot. */
  job?: Job
  onRetry?(): void
  now: Date
}

/** Everything about one job. Draws what it is given; the room brings it to life. */
export function JobSheet({ snapshot, log, asset, orders, job, onRetry, now }: JobSheetProps) {
  const player = useRef<SluicePlayerElement>(null)
  const [watching, setWatching] = useState(notWatching)
  const frame = frameOf(snapshot.kind, snapshot.request)
  const verdicts = asset && asset.verdicts.length > 0 ? asset.verdicts : log.verdicts
  const seekable = Boolean(job && snapshot.playable)
  return (
    <article className="flex flex-col gap-8">
      <header>
        <p className="eyebrow">
          {kinds[snapshot.kind].label}, ordered{' '}
          <time dateTime={snapshot.createdAt} title={moment(snapshot.createdAt)}>
            {ago(snapshot.createdAt, now)}
          </time>
        </p>
        <h1 className="mt-1 max-w-3xl text-2xl tracking-[-0.02em] sm:text-3xl">{snapshot.title}</h1>
      </header>
      {snapshot.outcome && <OutcomeNote outcome={snapshot.outcome} playable={snapshot.playable} />}
      {snapshot.reviews.length > 0 && <HeldNote reviews={snapshot.reviews} playable={snapshot.playable} />}
      {job && <Doubts takes={snapshot.endedAt === null ? orders : []} job={job} />}
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Screen
            frame={frame}
            kind={snapshot.kind}
            title={snapshot.title}
            snapshot={snapshot}
            asset={asset}
            {...(job && { job })}
            player={player}
            onWatch={setWatching}
          />
          <Facts snapshot={snapshot} asset={asset} />
        </div>
        <JobProgress snapshot={snapshot} {...(job && { job })} {...(onRetry && { onRetry })} />
      </div>
      {asset && <Files asset={asset} />}
      <div className="grid items-start gap-8 lg:grid-cols-2">
        <Shots plan={log.plan} takes={log.takes} repairs={log.repairs} orders={orders} ended={snapshot.endedAt !== null} />
        <Checks verdicts={verdicts} onSeek={seekable ? (seconds) => player.current?.seek(seconds) : undefined} />
      </div>
      <Developer snapshot={snapshot} log={log} watching={watching} />
    </article>
  )
}
