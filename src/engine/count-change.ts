import type { EtaJudgement } from '../domain/eta.ts'
import type { EngineEvent } from '../domain/events.ts'
import { isFinal, type Job } from '../domain/job.ts'
import type { MicroUsd } from '../domain/money.ts'
import type { Metrics } from '../ports/metrics.ts'

/** What a change of a job was, for who counts. */
export interface Change {
  job: Job
  events: readonly EngineEvent[]
  spent: readonly { provider: string; amountMicroUsd: MicroUsd }[]
  /** Of a job that has succeeded by this change. */
  eta: EtaJudgement | null
}

/** To be called once the change is committed: what was rolled back is not counted, nor what was tried again counted twice. */
export function countChange(metrics: Metrics, { job, events, spent, eta }: Change): void {
  if (events.length > 0) metrics.count('sluice_events_written_total', {}, events.length)
  for (const { type, data } of events) {
    if (type === 'check') metrics.count('sluice_verdicts_total', { check: data.check, verdict: data.verdict })
    else if (type === 'repair') metrics.count('sluice_repairs_total', { action: data.action })
    else if (type === 'status' && isFinal(data.state))
      metrics.count('sluice_jobs_ended_total', { kind: job.request.kind, state: data.state })
  }
  for (const { provider, amountMicroUsd } of spent) metrics.count('sluice_spend_micro_usd_total', { provider }, amountMicroUsd)
  if (eta === null) return
  metrics.count('sluice_eta_jobs_total', { basis: eta.basis, ended: eta.ended })
  metrics.observe('sluice_eta_ratio', { basis: eta.basis }, eta.ratio)
}
