import type { JobView } from '../wire/jobs.ts'

const WIDTH = 28
const marks = { pending: '·', running: '▸', done: '✓', skipped: '–', failed: '✗' } as const

/** The job as lines of text: a bar with the time left, then a line a stage. */
export function progressLines(job: JobView): string[] {
  const lines = [`${bar(job.progress)}  ${percent(job.progress)}  ${timeLeft(job)}`, '']
  for (const stage of job.stages) {
    const figure = stage.state === 'running' && stage.progress !== null ? ` ${Math.floor(stage.progress * 100)} %` : ''
    lines.push(`  ${marks[stage.state]} ${stage.label}${figure}`)
  }
  if (job.playback) lines.push('', `  ${playable(job.playback.readySeconds, job.playback.plannedDurationSeconds)}`)
  if (job.notice) lines.push('', `  ${job.notice}`)
  return lines
}

function playable(readySeconds: number, plannedSeconds: number): string {
  const ready = Math.round(readySeconds)
  return ready >= Math.round(plannedSeconds)
    ? 'All of it can be played.'
    : `${ready} of about ${Math.round(plannedSeconds)} s can be played already.`
}

function bar(progress: number | null): string {
  if (progress === null) return `[${' '.repeat(WIDTH)}]`
  const full = Math.round(progress * WIDTH)
  return `[${'█'.repeat(full)}${' '.repeat(WIDTH - full)}]`
}

const percent = (progress: number | null): string => (progress === null ? '  – ' : `${String(Math.floor(progress * 100)).padStart(3)} %`)

/** Median, or a range when the estimate is wide; never to the second when it is long. */
export function timeLeft(job: Pick<JobView, 'state' | 'eta' | 'queue'>): string {
  if (job.state === 'queued') return job.queue && job.queue.ahead > 0 ? `waiting, ${job.queue.ahead} before it` : 'waiting'
  if (job.state === 'held') return 'held for review'
  if (job.state !== 'running') return job.state
  if (!job.eta) return 'time left unknown'
  const { p50Seconds, p90Seconds } = job.eta
  if (p90Seconds > 1.6 * p50Seconds && p90Seconds - p50Seconds > 5) return `about ${duration(p50Seconds)} to ${duration(p90Seconds)} left`
  return `about ${duration(p50Seconds)} left`
}

function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 60) return `${Math.round(seconds / 5) * 5} s`
  const minutes = Math.round(seconds / 30) / 2
  return `${minutes} min`
}

export interface ProgressView {
  show(job: JobView): void
  /** Leaves what is shown and goes to the next line. */
  end(): void
}

/** On a terminal the lines are drawn in place; elsewhere a line is written when a stage changes or ten percent have passed. */
export function createProgressView(out: NodeJS.WriteStream): ProgressView {
  return out.isTTY ? drawInPlace(out) : writeChanges(out)
}

function drawInPlace(out: NodeJS.WriteStream): ProgressView {
  let drawn = 0
  return {
    show(job) {
      const lines = progressLines(job)
      const up = drawn > 0 ? `\u001b[${drawn}A` : ''
      out.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[0J`)
      drawn = lines.length
    },
    end() {
      drawn = 0
      out.write('\n')
    },
  }
}

function writeChanges(out: NodeJS.WriteStream): ProgressView {
  const said = new Map<string, string>()
  const say = (key: string, value: string, line: string) => {
    if (said.get(key) === value) return
    said.set(key, value)
    out.write(`${line}\n`)
  }
  return {
    show(job) {
      for (const stage of job.stages) {
        if (stage.state === 'pending') continue
        const tens = stage.state === 'running' && stage.progress !== null ? Math.floor(stage.progress * 10) * 10 : null
        const figure = tens === null ? stage.state : `${tens} %`
        say(stage.key, figure, `${percent(job.progress)}  ${stage.label}: ${figure}  (${timeLeft(job)})`)
      }
      if (job.playback) say('playable', 'yes', `${percent(job.progress)}  The first checked segment can be played.`)
      if (job.notice) say('notice', job.notice, job.notice)
    },
    end: () => undefined,
  }
}
