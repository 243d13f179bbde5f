import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from 'sluice/client'
import { useTitle } from '../shell/use-title.ts'
import { JobSheet } from './job-sheet.tsx'
import { useAsset } from './use-asset.ts'
import { useJob } from './use-job.ts'
import { useJobLog } from './use-job-log.ts'
import { useNow } from './use-now.ts'
import { useTakes } from './use-takes.ts'

export function JobRoom({ id }: { id: string }) {
  const { job, snapshot, failure } = useJob(id)
  const log = useJobLog(job)
  const asset = useAsset(snapshot)
  const orders = useTakes(job, log, snapshot)
  const now = useNow(30_000)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const again = useMutation({
    mutationFn: () => job.retry(),
    retry: false,
    onSuccess: (next) => navigate({ to: '/jobs/$id', params: { id: next.id } }),
  })
  useTitle(snapshot ? titleOf(snapshot.title, snapshot.state, snapshot.progress) : 'Job')

  const ended = Boolean(snapshot?.endedAt)
  useEffect(() => {
    if (ended) void queries.invalidateQueries({ queryKey: ['library'] })
  }, [ended, queries])

  if (!snapshot) return <NoSnapshot failure={failure} />
  return (
    <>
      {again.error && (
        <p role="alert" className="mb-6 border-l-2 border-danger pl-3">
          {again.error.message}
        </p>
      )}
      <JobSheet snapshot={snapshot} log={log} asset={asset} orders={orders} job={job} onRetry={() => again.mutate()} now={now} />
    </>
  )
}

function NoSnapshot({ failure }: { failure: Error | null }) {
  if (!failure) {
    return (
      <p role="status" className="text-muted">
        Opening the job
      </p>
    )
  }
  return (
    <div className="max-w-prose" role="alert">
      <h1 className="text-2xl">{failure instanceof ApiError ? failure.problem.title : 'The job cannot be opened'}</h1>
      <p className="mt-2">{failure.message}</p>
      {failure instanceof ApiError && failure.problem.fix && <p className="text-muted">{failure.problem.fix}</p>}
    </div>
  )
}

function titleOf(title: string, state: string, progress: number | null): string {
  if (state === 'running') return progress === null ? title : `${Math.floor(progress * 100)} % ${title}`
  return state === 'succeeded' ? title : `${state.charAt(0).toUpperCase()}${state.slice(1)}: ${title}`
}
