import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AssetView, JobView } from 'sluice/client'
import { kinds } from '../compose/kinds.ts'
import { percent } from '../format/figures.ts'
import { ago, clock, expectedRange } from '../format/time.ts'
import { ScrubPicture } from './scrub-picture.tsx'
import { Waveform } from './waveform.tsx'

interface TileProps {
  jobId: string
  title: string
  picture: ReactNode
  /** In the picture's corner. */
  mark: ReactNode
  line: ReactNode
}

function Tile({ jobId, title, picture, mark, line }: TileProps) {
  return (
    <li className="min-w-0">
      <Link to="/jobs/$id" params={{ id: jobId }} className="group block rounded-md">
        <div className="relative aspect-video overflow-hidden rounded-md bg-sunken ring-1 ring-line group-hover:ring-control">
          {picture}
          <span className="absolute right-2 bottom-2 rounded-sm bg-[#0b1110]/85 px-1.5 py-0.5 text-xs font-medium text-[#f4f6f5]">
            {mark}
          </span>
        </div>
        <h2 className="mt-2.5 line-clamp-2 text-base leading-snug font-semibold group-hover:text-accent">{title}</h2>
        <p className="mt-0.5 text-sm text-muted">{line}</p>
      </Link>
    </li>
  )
}

export function AssetTile({ asset, now }: { asset: AssetView; now: Date }) {
  return (
    <Tile
      jobId={asset.jobId}
      title={asset.title}
      picture={asset.kind === 'video' ? <ScrubPicture asset={asset} /> : <Waveform asset={asset} />}
      mark={
        <>
          <span className="sr-only">Length </span>
          {asset.durationSeconds === null ? 'unknown' : clock(asset.durationSeconds)}
        </>
      }
      line={`${asset.kind === 'video' ? 'Video' : 'Audio'}, ${ago(asset.createdAt, now)}`}
    />
  )
}

const endWords = { succeeded: 'Ready', failed: 'Failed', cancelled: 'Cancelled', expired: 'Ran out of time' } as const

export function JobTile({ job, now }: { job: JobView; now: Date }) {
  const { Icon, label } = kinds[job.kind]
  const running = job.endedAt === null
  return (
    <Tile
      jobId={job.id}
      title={job.title}
      picture={
        <>
          {job.preview && running ? (
            <img src={job.preview.url} alt="" className="h-full w-full object-cover" />
          ) : (
            <span className="absolute inset-0 grid place-items-center text-muted">
              <Icon aria-hidden size={26} strokeWidth={1.25} />
            </span>
          )}
          {running && <Bar progress={job.progress} />}
        </>
      }
      mark={markOf(job)}
      line={running ? `${label}, ${waitOf(job)}` : `${label}, ${ago(job.endedAt ?? job.createdAt, now)}`}
    />
  )
}

/** What it waits for, and how long. */
function waitOf({ state, eta, queue }: JobView): string {
  if (state === 'held') return 'held for review'
  if (eta) return `${expectedRange(eta.p50Seconds, eta.p90Seconds)} left`
  return queue ? `${queue.ahead} ahead of it` : 'starting'
}

function markOf({ state, playable, progress }: JobView): string {
  if (state === 'queued') return 'Queued'
  if (state === 'held') return playable ? 'Held, playable' : 'Held'
  if (state !== 'running') return endWords[state]
  const done = progress === null ? 'Starting' : percent(progress)
  return playable ? `${done}, playable` : done
}

function Bar({ progress }: { progress: number | null }) {
  return (
    <span aria-hidden className="absolute inset-x-0 bottom-0 h-1 bg-track">
      <span
        className="block h-full bg-accent motion-safe:transition-[width] motion-safe:duration-300"
        style={{ width: `${(progress ?? 0) * 100}%` }}
      />
    </span>
  )
}
