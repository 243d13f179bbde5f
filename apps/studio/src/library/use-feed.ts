import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { applyEvent, type Client, type FeedMessage, type JobView } from 'sluice/client'
import { useClient } from '../client.ts'

/** Jobs seen at work since the room was entered, newest first, by one stream for all of them. */
export function useFeed(): JobView[] {
  const client = useClient()
  const queries = useQueryClient()
  const [jobs, setJobs] = useState<Map<string, JobView>>(new Map())
  useEffect(() => {
    const leaving = new AbortController()
    const settled = (): void => void queries.invalidateQueries({ queryKey: ['library'] })
    void read(client, leaving.signal, setJobs, settled)
    return () => leaving.abort()
  }, [client, queries])
  return [...jobs.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
}

const FRAME_MS = 150

async function read(client: Client, signal: AbortSignal, show: (jobs: Map<string, JobView>) => void, settled: () => void): Promise<void> {
  const jobs = new Map<string, JobView>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    timer = undefined
    if (!signal.aborted) show(new Map(jobs))
  }
  try {
    for await (const message of client.events({ signal })) {
      const before = jobs.get(message.jobId)
      const next = foldFeed(before, message)
      if (!next || next === before) continue
      jobs.set(message.jobId, next)
      if (before && !before.endedAt && next.endedAt) settled()
      if (timer === undefined) timer = setTimeout(flush, FRAME_MS)
    }
  } catch {
    // The stream cannot be had (not allowed, gone). The lists asked for on entering still stand.
  }
}

function foldFeed(before: JobView | undefined, message: FeedMessage): JobView | undefined {
  if (message.type === 'snapshot') return message.data
  return before && applyEvent(before, message)
}
