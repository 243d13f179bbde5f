import type { TenantId } from '../domain/ids.ts'
import { defaultRetentionOf, periodsOf, SERVERS_POLICY } from '../domain/tenant.ts'
import type { EngineDeps } from './deps.ts'
import type { TenantStorage } from './engine.ts'

export async function tenantStorage({ store, config }: Pick<EngineDeps, 'store' | 'config'>, tenantId: TenantId): Promise<TenantStorage> {
  const [policy = SERVERS_POLICY, storedBytes] = await Promise.all([store.tenants.get(tenantId), store.assets.storedBytes(tenantId)])
  return {
    storedBytes,
    quotaBytes: policy.quotaBytes,
    defaultRetention: defaultRetentionOf(policy),
    periods: periodsOf(policy, config.retention),
  }
}
