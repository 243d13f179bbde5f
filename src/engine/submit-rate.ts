import { SluiceError } from '../domain/errors.ts'
import type { TenantId } from '../domain/ids.ts'
import type { EngineDeps } from './deps.ts'

/** Throws `rate_limited` when the tenant has submitted as many jobs within a minute as it may, at whatever servers. */
export async function assertSubmitRate({ store, config }: Pick<EngineDeps, 'store' | 'config'>, tenantId: TenantId): Promise<void> {
  const perMinute = config.tenantJobsPerMinute
  if (perMinute === null) return
  const waitMs = await store.tenants.submits(tenantId, perMinute)
  if (waitMs === 0) return
  throw new SluiceError('rate_limited', `More than ${perMinute} jobs were submitted within a minute.`, {
    fix: `Try again in ${Math.ceil(waitMs / 1000)} s, with the same Idempotency-Key.`,
    retryAfterMs: waitMs,
  })
}
