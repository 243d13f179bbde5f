import type { RetentionPeriods } from '../domain/retention.ts'
import type { Config } from './config.ts'

/** How long assets of tenants stay with whom nothing else was agreed. */
export function retentionOf({ ephemeralHours, standardDays, masterDays }: Config): RetentionPeriods {
  return { ephemeralHours, standardDays: standardDays ?? null, masterDays: masterDays ?? null }
}
