import type { Job } from '../domain/job.ts'
import { isBuiltIn, profiles } from '../domain/profiles.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import type { Store } from '../ports/store.ts'

/**
 * The profile a job is judged by, in the version it was accepted with. A built-in one is as this release has it: its older versions are
 * not kept, and the report names the version that judged.
 */
export async function profileOf(store: Pick<Store, 'profiles'>, { id, tenantId, request }: Job): Promise<QualityProfile> {
  const { profile: name, profileVersion: version } = request.policy
  const profile = isBuiltIn(name) ? profiles[name] : await store.profiles.get(tenantId, name, version)
  if (!profile) throw new Error(`job ${id} names a quality profile that is gone: ${name}, version ${version}`)
  return profile
}
