import { formatByteSize } from '../domain/byte-size.ts'
import { SluiceError } from '../domain/errors.ts'
import type { TenantId } from '../domain/ids.ts'
import type { RetentionClass } from '../domain/retention.ts'
import { SERVERS_POLICY, type StoragePolicy } from '../domain/tenant.ts'
import type { Store } from '../ports/store.ts'

/** How long an answer of the store is trusted: a busy tenant's jobs cost it one question a second, not one each. */
const TRUST_MS = 1_000
const MOST_KEPT = 1_000

export interface TenantPolicies {
  /** At most a second old. */
  of(tenantId: TenantId): Promise<StoragePolicy>
  /** Throws `storage_quota_exceeded` where the tenant stores as much as it may. */
  assertRoom(tenantId: TenantId): Promise<void>
}

export function createTenantPolicies({ tenants, assets }: Pick<Store, 'tenants' | 'assets'>): TenantPolicies {
  const of = trusted(async (tenantId) => (await tenants.get(tenantId)) ?? SERVERS_POLICY)
  const storedBytes = trusted(async (tenantId) => sumOf(await assets.storedBytes(tenantId)))
  return {
    of,
    async assertRoom(tenantId) {
      const { quotaBytes } = await of(tenantId)
      if (quotaBytes === null) return
      const stored = await storedBytes(tenantId)
      if (stored >= quotaBytes) throw full(stored, quotaBytes)
    },
  }
}

const sumOf = (bytes: Record<RetentionClass, number>): number => Object.values(bytes).reduce((sum, of) => sum + of, 0)

/** Remembers what was read of a tenant for {@link TRUST_MS}; who asks meanwhile waits for the same answer. */
function trusted<T>(read: (tenantId: TenantId) => Promise<T>): (tenantId: TenantId) => Promise<T> {
  const known = new Map<TenantId, { at: number; answer: Promise<T> }>()
  return (tenantId) => {
    const now = performance.now()
    const last = known.get(tenantId)
    if (last && now - last.at <= TRUST_MS) return last.answer
    if (known.size >= MOST_KEPT) known.clear()
    const answer = read(tenantId)
    known.set(tenantId, { at: now, answer })
    answer.catch(() => known.delete(tenantId))
    return answer
  }
}

function full(storedBytes: number, quotaBytes: number): SluiceError {
  return new SluiceError(
    'storage_quota_exceeded',
    `Your files take up ${formatByteSize(storedBytes)}; the quota is ${formatByteSize(quotaBytes)}. Jobs under way are finished and kept.`,
    {
      fix: 'Ask for `policy.retention: "ephemeral"` next time, wait for assets to expire, or have the quota raised (`sluice tenant set <name> --quota <size>`).',
      facts: { storedBytes, quotaBytes },
    },
  )
}
