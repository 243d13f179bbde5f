import type { EngineConfig } from '../engine/deps.ts'
import type { Config } from './config.ts'
import { retentionOf } from './retention-of.ts'

/** What of the configuration the engine goes by. */
export function engineConfig(config: Config): EngineConfig {
  return {
    slots: { io: config.ioSlots, cpu: config.cpuSlots, resident: config.ioSlots },
    leaseMs: config.leaseMs,
    hintAgainMs: 3_000,
    drainMs: config.drainMs,
    jobsAtOnce: config.jobsAtOnce,
    tenantJobsAtOnce: config.tenantJobsAtOnce ?? null,
    tenantWaitingJobs: config.tenantWaitingJobs,
    tenantJobsPerMinute: config.tenantJobsPerMinute ?? null,
    tenantWaitingSeconds: config.tenantWaitingSeconds ?? null,
    retention: retentionOf(config),
  }
}
