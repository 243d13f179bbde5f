import type { TenantId } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import type { GaugeReading } from '../ports/metrics.ts'
import type { EngineDeps } from './deps.ts'
import { readNowAndThen, within } from './load.ts'

/** It changes slowly, and counting a million assets takes the store a good part of a second. */
const KEPT_MS = 60_000
const WITHIN_MS = 10_000
/** Tenants shown by name. Every value of a label is a series that is kept for ever. */
const MOST_SHOWN = 20
const ALL_OTHERS = '*'

type StoredDeps = Pick<EngineDeps, 'store' | 'metrics' | 'log'>

/** Shows what tenants store, the largest by name. */
export function showStored(deps: StoredDeps): void {
  const failed = (error: unknown): GaugeReading[] => {
    deps.log.warn({ err: error }, 'the store did not say what tenants store')
    return []
  }
  deps.metrics.gauges(readNowAndThen(KEPT_MS, () => within(WITHIN_MS, readStored(deps)).catch(failed)))
}

async function readStored({ store }: StoredDeps): Promise<GaugeReading[]> {
  const [tenants, stored] = await Promise.all([store.tenants.list(), store.assets.storedBytesByTenant()])
  return storedReadings(tenants, stored)
}

/** @param stored bytes of each tenant that stores something */
export function storedReadings(tenants: Tenant[], stored: ReadonlyMap<TenantId, number>): GaugeReading[] {
  const bytesOf = ({ id }: Tenant) => stored.get(id) ?? 0
  const ranked = tenants
    .filter((tenant) => tenant.quotaBytes !== null || bytesOf(tenant) > 0)
    .sort((a, b) => Number(b.quotaBytes !== null) - Number(a.quotaBytes !== null) || bytesOf(b) - bytesOf(a))
  const shown = ranked.slice(0, MOST_SHOWN)
  const rest = ranked.slice(MOST_SHOWN).reduce((sum, tenant) => sum + bytesOf(tenant), 0)
  return [
    ...shown.flatMap((tenant): GaugeReading[] => {
      const labels = { tenant: tenant.name }
      const quota = tenant.quotaBytes
      return [
        { name: 'sluice_stored_bytes', labels, value: bytesOf(tenant) },
        ...(quota === null ? [] : [{ name: 'sluice_storage_quota_bytes' as const, labels, value: quota }]),
      ]
    }),
    ...(rest > 0 ? [{ name: 'sluice_stored_bytes' as const, labels: { tenant: ALL_OTHERS }, value: rest }] : []),
  ]
}
