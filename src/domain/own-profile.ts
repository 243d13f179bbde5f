import type { BuiltInProfile } from './checks/index.ts'
import { profiles } from './profiles.ts'
import type { CheckRule, QualityProfile } from './verdict.ts'

/** What a tenant wants different from a built-in profile. */
export interface ProfileWish {
  extends: BuiltInProfile
  rules: Record<string, CheckRule>
  thresholds: Record<string, number>
  unknown?: QualityProfile['unknown'] | undefined
  gate?: QualityProfile['gate'] | undefined
  repairs: { maxTakes?: number | undefined; maxCostMicroUsd?: number | null | undefined }
  lastResort?: QualityProfile['lastResort'] | undefined
  reviewers?: QualityProfile['reviewers'] | undefined
}

/** Written out as a whole: it stays what it is when a built-in profile changes. */
export function ownProfile(name: string, wish: ProfileWish): Omit<QualityProfile, 'version'> {
  const base = profiles[wish.extends]
  return {
    name,
    gate: wish.gate ?? base.gate,
    unknown: wish.unknown ?? base.unknown,
    rules: { ...base.rules, ...wish.rules },
    thresholds: { ...base.thresholds, ...wish.thresholds },
    repairs: {
      maxTakes: wish.repairs.maxTakes ?? base.repairs.maxTakes,
      maxCostMicroUsd: wish.repairs.maxCostMicroUsd === undefined ? base.repairs.maxCostMicroUsd : wish.repairs.maxCostMicroUsd,
    },
    lastResort: wish.lastResort ?? base.lastResort,
    reviewers: wish.reviewers ?? base.reviewers,
  }
}
