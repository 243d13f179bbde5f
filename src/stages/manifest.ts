import type { AssetFile, Segment } from '../domain/asset.ts'
import type { Job } from '../domain/job.ts'
import { mastersOf, type Take } from '../domain/take.ts'
import type { QualityProfile, Verdict } from '../domain/verdict.ts'

/** What was checked, with every figure, in the order it was judged. */
export function reportOf(job: Job, profile: QualityProfile, verdicts: Verdict[]): object {
  const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length
  return {
    jobId: job.id,
    assetId: job.assetId,
    profile: { name: profile.name, version: profile.version },
    gate: job.request.policy.gate,
    summary: { pass: count('pass'), warn: count('warn'), repaired: count('repaired'), unknown: count('unknown'), fail: count('fail') },
    verdicts,
  }
}

/** Everything needed to say how the asset came to be: request, seed, takes, tools, hashes, checks. */
export function manifestOf(made: {
  job: Job
  takes: Take[]
  segments: Segment[]
  files: AssetFile[]
  verdicts: Verdict[]
  profile: QualityProfile
  tools: Record<string, string>
  version: string
}): object {
  const { job } = made
  return {
    madeBy: made.version,
    jobId: job.id,
    assetId: job.assetId,
    createdAt: job.createdAt,
    request: job.request,
    seed: job.request.seed,
    plan: job.plan,
    tools: made.tools,
    takes: made.takes.map((take) => ({
      id: take.id,
      key: take.key,
      number: take.number,
      provider: take.provider,
      request: take.request,
      state: take.state.state,
      masters: mastersOf(take).map(({ role, mimeType, sizeBytes, sha256, durationSeconds }) => ({
        role,
        mimeType,
        sizeBytes,
        sha256,
        durationSeconds,
      })),
    })),
    files: made.files.map(({ name, mimeType, sizeBytes, sha256 }) => ({ name, mimeType, sizeBytes, sha256 })),
    segments: made.segments.map(({ rung, index, startSeconds, durationSeconds, sizeBytes, sha256 }) => ({
      rung,
      index,
      startSeconds,
      durationSeconds,
      sizeBytes,
      sha256,
    })),
    checks: { profile: `${made.profile.name}@${made.profile.version}`, verdicts: made.verdicts },
  }
}
