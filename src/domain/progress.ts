import type { JobKind } from './request.ts'

/** A line of progress a person understands. */
export type StageKey = 'analyse' | 'keyframes' | 'voice' | 'render' | 'check' | 'optimise' | 'publish'

/**
 * - `pending`: nothing of it has begun. → `running`, `done`, `skipped`
 * - `running`: `progress` is 0 to 1, or `null` when unknown; it never goes back. → `done`, `failed`
 * - `done`, `skipped`, `failed`: the end, except that a retry of the job begins anew.
 */
export type StageState =
  | { state: 'pending' }
  | { state: 'running'; progress: number | null; startedAt: Date }
  | { state: 'done'; startedAt: Date; endedAt: Date }
  | { state: 'skipped' }
  | { state: 'failed'; endedAt: Date }

export type Stage = { key: StageKey; label: string } & StageState

const labels: Record<StageKey, string> = {
  analyse: 'Analysing prompt',
  keyframes: 'Generating keyframes',
  voice: 'Recording voice and music',
  render: 'Rendering video',
  check: 'Checking quality',
  optimise: 'Optimising for web',
  publish: 'Publishing',
}

const audioLabels: Partial<Record<StageKey, string>> = { voice: 'Generating audio' }

export function newStages(keys: readonly StageKey[], kind: JobKind): Stage[] {
  const audio = kind === 'speech' || kind === 'music' || kind === 'sound'
  return keys.map((key) => ({ key, label: (audio && audioLabels[key]) || labels[key], state: 'pending' }))
}

/** What a step says of a stage: a fraction 0 to 1, `null` for "running, unknown", or that it ended. */
export type StageReport = { key: StageKey; fraction: number | null } | { key: StageKey; ended: 'done' | 'skipped' | 'failed' }

/** The only writer of a stage. Late and lower reports change nothing. */
export function setStage(stage: Stage, report: StageReport, now: Date): Stage {
  const { key, label } = stage
  if (stage.state === 'done' || stage.state === 'skipped' || stage.state === 'failed') return stage
  if ('ended' in report) {
    if (report.ended === 'skipped') return { key, label, state: 'skipped' }
    if (report.ended === 'failed') return { key, label, state: 'failed', endedAt: now }
    return { key, label, state: 'done', startedAt: stage.state === 'running' ? stage.startedAt : now, endedAt: now }
  }
  if (stage.state === 'pending') return { key, label, state: 'running', progress: clamp(report.fraction), startedAt: now }
  if (report.fraction === null) return stage
  return { ...stage, progress: Math.max(stage.progress ?? 0, clamp(report.fraction) ?? 0) }
}

function clamp(fraction: number | null): number | null {
  return fraction === null ? null : Math.min(1, Math.max(0, fraction))
}

/**
 * The bar: elapsed / (elapsed + remaining), never backwards, never 1 before the end, `null` when nothing is known.
 * @param shown the fraction shown so far
 * @param elapsedSeconds since the job began to run
 * @param remainingSeconds the median estimate
 */
export function advanceBar(shown: number | null, elapsedSeconds: number, remainingSeconds: number | null): number | null {
  if (remainingSeconds === null) return shown
  const raw = elapsedSeconds / Math.max(1e-9, elapsedSeconds + remainingSeconds)
  return Math.max(shown ?? 0, Math.min(0.99, raw))
}
