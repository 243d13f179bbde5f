import type { TenantId } from './ids.ts'
import type { RetentionClass, RetentionPeriods } from './retention.ts'

/** How long a tenant's assets stay, where that is not as the server is set. What is absent is the server's. */
export interface TenantRetention extends Partial<RetentionPeriods> {
  /** Of jobs that ask for none. Absent: `standard`. */
  class?: RetentionClass
}

/** What is agreed with a tenant about its files. */
export interface StoragePolicy {
  retention: TenantRetention
  /** Who stores as much or more gets no further job accepted. `null`: no limit. */
  quotaBytes: number | null
}

/** Who owns jobs, assets and keys. */
export interface Tenant extends StoragePolicy {
  id: TenantId
  name: string
}

/** Of a tenant with whom nothing was agreed. */
export const SERVERS_POLICY: StoragePolicy = { retention: {}, quotaBytes: null }

/** How long a tenant's assets stay: as was agreed, else as the server is set. */
export function periodsOf({ retention }: StoragePolicy, servers: RetentionPeriods): RetentionPeriods {
  const { ephemeralHours = servers.ephemeralHours, standardDays = servers.standardDays, masterDays = servers.masterDays } = retention
  return { ephemeralHours, standardDays, masterDays }
}

/** How long stays what a job of the tenant makes that does not say. */
export const defaultRetentionOf = ({ retention }: StoragePolicy): RetentionClass => retention.class ?? 'standard'
