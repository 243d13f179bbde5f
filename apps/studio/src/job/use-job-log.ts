import { useEffect, useState } from 'react'
import type { Job } from 'sluice/client'
import { emptyLog, foldLog, type JobLog } from './job-log.ts'

/** Reads the whole event log of a job and follows it. A reader of its own: the snapshot needs none of this. */
export function useJobLog(job: Job): JobLog {
  const [log, setLog] = useState(emptyLog)
  useEffect(() => {
    const leaving = new AbortController()
    setLog(emptyLog)
    void read(job, leaving.signal, setLog)
    return () => leaving.abort()
  }, [job])
  return log
}

const FRAME_MS = 100

/** Hands on what came in batches: a reload replays hundreds of events at once. */
async function read(job: Job, signal: AbortSignal, show: (log: JobLog) => void): Promise<void> {
  let log = emptyLog
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    timer = undefined
    if (!signal.aborted) show(log)
  }
  try {
    for await (const message of job.events({ after: 0, signal })) {
      if (message.type === 'snapshot') continue
      log = foldLog(log, message)
      if (timer === undefined) timer = setTimeout(flush, FRAME_MS)
    }
  } catch {
    // The snapshot's own follower says why a job cannot be followed; the log stays as far as it was read.
  }
}
