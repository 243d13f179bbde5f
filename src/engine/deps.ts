import type { JobKind } from '../domain/request.ts'
import type { RetentionPeriods } from '../domain/retention.ts'
import type { Lane, StepName } from '../domain/step.ts'
import type { Bus } from '../ports/bus.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { Logger, LogScope } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Provider } from '../ports/provider.ts'
import type { Queue } from '../ports/queue.ts'
import type { Pipeline, StepHandler } from '../ports/stages.ts'
import type { Store } from '../ports/store.ts'
import type { Tracer } from '../ports/tracer.ts'

/** Everything the engine is made of; it names no driver. */
export interface EngineDeps {
  store: Store
  queue: Queue
  bus: Bus
  clock: Clock
  ids: Ids
  log: Logger
  /** What a handler calls, and knows no step, writes to the log of its step. */
  within: LogScope
  metrics: Metrics
  tracer: Tracer
  providers: ReadonlyMap<string, Provider>
  pipelines: Record<JobKind, Pipeline>
  /** Orders at once at a provider's account; `null` for no limit. */
  inFlight(provider: string): number | null
  handlers: Record<StepName, StepHandler>
  /** Called after a commit that wrote deliveries of webhooks. Without it their sender finds them by itself, a little later. */
  webhooksDue?: () => void
  config: EngineConfig
}

export interface EngineConfig {
  /** Steps at once in this process, by lane. `cpu` runs FFmpeg, which is threaded itself. */
  slots: Record<Lane, number>
  /** A lease outlives the longest stall of event loop or database; renewed at a quarter of it. Default 20,000. */
  leaseMs: number
  /** An admitted step nobody claimed is admitted again after this long. Default 3,000. */
  hintAgainMs: number
  /** How long a drain waits for running steps before it hands them back. Default 15,000. */
  drainMs: number
  /** Jobs in the making at once in the whole house, and of a tenant that has no limit of its own; `null` for no limit. */
  jobsAtOnce: number | null
  tenantJobsAtOnce: number | null
  /** Jobs of a tenant that may wait for their beginning; further ones are refused. */
  tenantWaitingJobs: number
  /** Jobs one tenant may submit within a minute; `null`: any number. */
  tenantJobsPerMinute: number | null
  /** Nothing is taken in from a tenant whose next job has waited for longer; `null` for no limit. */
  tenantWaitingSeconds: number | null
  /** How long assets stay from the end of their jobs on. */
  retention: RetentionPeriods
}
