import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { JobView } from 'sluice/client'
import { useClient } from '../client.ts'
import { count } from '../format/figures.ts'
import { useNow } from '../job/use-now.ts'
import { useTitle } from '../shell/use-title.ts'
import { AssetTile, JobTile } from './tiles.tsx'
import { useFeed } from './use-feed.ts'

type Filter = 'all' | 'video' | 'audio'
const filters = [
  { value: 'all', label: 'All' },
  { value: 'video', label: 'Video' },
  { value: 'audio', label: 'Audio' },
] as const satisfies { value: Filter; label: string }[]

const mediaOf = (kind: JobView['kind']): Filter => (kind === 'presentation' || kind === 'video' ? 'video' : 'audio')
const GRID = 'grid grid-cols-1 gap-x-6 gap-y-8 min-[30rem]:grid-cols-2 lg:grid-cols-3'

export function LibraryRoom() {
  useTitle('Library')
  const [filter, setFilter] = useState<Filter>('all')
  const now = useNow(30_000)
  const jobs = useJobs()
  const { assets, problem, loading, more } = useAssets()

  const wanted = (media: Filter): boolean => filter === 'all' || filter === media
  const finished = new Set(assets.map(({ jobId }) => jobId))
  const tiles = [
    ...jobs.atWork
      .filter((job) => !finished.has(job.id) && wanted(mediaOf(job.kind)))
      .map((job) => ({ at: job.createdAt, key: job.id, job })),
    ...assets.filter((asset) => wanted(asset.kind)).map((asset) => ({ at: asset.createdAt, key: asset.jobId, asset })),
  ]
  const without = jobs.without.filter((job) => !finished.has(job.id) && wanted(mediaOf(job.kind)))
  const empty = !loading && !problem && jobs.atWork.length + assets.length === 0

  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-3">
        <h1 className="text-3xl tracking-[-0.025em]">Library</h1>
        {!empty && (
          <fieldset className="flex gap-1">
            <legend className="sr-only">Show</legend>
            {filters.map(({ value, label }) => (
              <label
                key={value}
                className="flex min-h-9 cursor-pointer items-center rounded-md px-3 text-sm font-medium text-muted hover:text-fg has-checked:bg-track has-checked:text-fg has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent"
              >
                <input
                  type="radio"
                  name="media"
                  value={value}
                  checked={filter === value}
                  onChange={() => setFilter(value)}
                  className="sr-only"
                />
                {label}
              </label>
            ))}
          </fieldset>
        )}
      </div>
      {problem && (
        <p role="alert" className="mt-6 border-l-2 border-danger pl-3">
          {problem.message}
        </p>
      )}
      {empty ? (
        <Empty />
      ) : (
        <>
          <p role="status" className="sr-only">
            {loading ? 'Loading' : count(tiles.length, 'item')}
          </p>
          {!loading && tiles.length === 0 && <p className="mt-8 text-muted">Nothing of this kind yet.</p>}
          <ul className={`mt-8 ${GRID}`} aria-label="Made and being made">
            {tiles.map((tile) =>
              'asset' in tile ? (
                <AssetTile key={tile.key} asset={tile.asset} now={now} />
              ) : (
                <JobTile key={tile.key} job={tile.job} now={now} />
              ),
            )}
          </ul>
          {more && (
            <button
              type="button"
              onClick={more}
              className="mt-8 min-h-10 rounded-md border border-control px-4 font-medium hover:border-fg"
            >
              Show older
            </button>
          )}
        </>
      )}
      {without.length > 0 && (
        <details className="mt-12 border-t border-line pt-4">
          <summary className="inline-block rounded-sm font-medium text-muted hover:text-fg">
            {count(without.length, 'job')} that ended without a result
          </summary>
          <ul className={`mt-5 ${GRID}`}>
            {without.map((job) => (
              <JobTile key={job.id} job={job} now={now} />
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

/** Jobs at work or just done, as the stream tells, and those that ended without an asset. */
function useJobs(): { atWork: JobView[]; without: JobView[] } {
  const client = useClient()
  const live = useFeed()
  const { data } = useQuery({
    queryKey: ['library', 'jobs'],
    queryFn: async ({ signal }) => {
      const [atWork, without] = await Promise.all([
        client.jobs.list({ state: ['queued', 'running', 'held'], limit: 100 }, { signal }),
        client.jobs.list({ state: ['failed', 'cancelled', 'expired'], limit: 20 }, { signal }),
      ])
      return { atWork: atWork.jobs, without: without.jobs }
    },
  })
  const seen = new Set(live.map(({ id }) => id))
  const all = [...live, ...(data?.atWork ?? []).filter(({ id }) => !seen.has(id))]
  const badly = (job: JobView): boolean => job.endedAt !== null && job.state !== 'succeeded'
  const ended = new Map([...(data?.without ?? []), ...all.filter(badly)].map((job) => [job.id, job]))
  return {
    atWork: all.filter((job) => !badly(job)).sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
    without: [...ended.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)),
  }
}

function useAssets() {
  const client = useClient()
  const { data, error, isPending, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['library', 'assets'],
    queryFn: ({ pageParam, signal }) => client.assets.list({ limit: 24, ...(pageParam !== null && { before: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
  return {
    assets: (data?.pages ?? []).flatMap((page) => page.assets).filter(({ state }) => state === 'ready'),
    problem: error,
    loading: isPending,
    more: hasNextPage ? () => void fetchNextPage() : null,
  }
}

function Empty() {
  return (
    <div className="mt-10 flex max-w-md flex-col items-start gap-4 border-t border-line pt-8">
      <p className="text-lg">Nothing has been made yet.</p>
      <p className="text-muted">
        What you make is kept here, with every file it consists of. What is being made shows up at once and can be opened while it grows.
      </p>
      <Link to="/" className="flex min-h-11 items-center rounded-md bg-accent px-5 font-semibold text-on-accent">
        Make the first one
      </Link>
    </div>
  )
}
