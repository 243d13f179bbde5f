import { type BuiltInProfile, checks } from './checks/index.ts'
import type { CheckRule, QualityProfile } from './verdict.ts'

const rulesOf = (name: BuiltInProfile): Record<string, CheckRule> =>
  Object.fromEntries(Object.entries(checks).map(([check, { rules }]) => [check, rules[name]]))

/**
 * The built-in profiles of the gate. A changed rule or threshold is a new version.
 *
 * - `draft`: tells, and holds back only what is no file at all.
 * - `standard`: holds back what a viewer would take for broken.
 * - `strict`: holds back more, and what could not be checked.
 * - `audio-only`: looks at no picture.
 */
export const profiles: Readonly<Record<BuiltInProfile, QualityProfile>> = {
  draft: profile('draft', 'pass', { maxTakes: 2 }),
  standard: profile('standard', 'warn', { maxTakes: 6 }),
  strict: profile('strict', 'fail', { maxTakes: 10 }),
  'audio-only': profile('audio-only', 'warn', { maxTakes: 6 }),
}

function profile(name: BuiltInProfile, unknown: QualityProfile['unknown'], { maxTakes }: { maxTakes: number }): QualityProfile {
  return {
    name,
    version: 2,
    gate: 'segment',
    unknown,
    rules: rulesOf(name),
    thresholds: {},
    repairs: { maxTakes, maxCostMicroUsd: null },
    lastResort: name === 'strict' ? 'review' : 'fail',
    reviewers: 1,
  }
}

export function isBuiltIn(name: string): name is BuiltInProfile {
  return Object.hasOwn(profiles, name)
}

/** The threshold of a check under a profile, in the check's unit. Throws for a check that does not exist. */
export function thresholdOf(profile: QualityProfile, check: string): number {
  const known = checks[check]
  if (!known) throw new Error(`there is no check '${check}'`)
  return profile.thresholds[check] ?? known.threshold
}
