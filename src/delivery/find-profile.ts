import { SluiceError } from '../domain/errors.ts'
import type { TenantId } from '../domain/ids.ts'
import { isBuiltIn, profiles } from '../domain/profiles.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import type { Store } from '../ports/store.ts'

/** A built-in profile, or the newest version of the tenant's own. Throws `profile_not_found`. */
export async function findProfile(store: Pick<Store, 'profiles'>, tenantId: TenantId, name: string): Promise<QualityProfile> {
  const profile = isBuiltIn(name) ? profiles[name] : await store.profiles.get(tenantId, name)
  if (profile) return profile
  throw new SluiceError('profile_not_found', `There is no quality profile ${JSON.stringify(name)}.`, {
    field: 'policy.profile',
    fix: `Use ${Object.keys(profiles).join(', ')}, or make it: PUT /v1/profiles/${name}.`,
  })
}
