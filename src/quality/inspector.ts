import { thresholdOf } from '../domain/profiles.ts'
import { judge, type QualityProfile, type Verdict } from '../domain/verdict.ts'
import type { Inspector } from '../ports/inspector.ts'
import { amplified, gainTowards, measureLoudness, ruleForLeftOver } from './audio/loudness.ts'
import { measureLoudnessRange } from './audio/loudness-range.ts'
import { measureTruePeak, ruleForPeak } from './audio/true-peak.ts'
import { checkAvDrift } from './file/av-drift.ts'
import { checkAvMismatch } from './file/av-mismatch.ts'
import { checkDecodes } from './file/decodes.ts'
import { checkDuration } from './file/duration.ts'
import { checkFps } from './file/fps.ts'
import { checkHdr } from './file/hdr.ts'
import { checkKeyframeStart } from './file/keyframe-start.ts'
import { checkSize } from './file/size.ts'
import { checkTimestamps } from './file/timestamps.ts'
import { checkVariableFps } from './file/variable-fps.ts'
import type { Finding } from './finding.ts'
import { createInspection } from './inspection.ts'

/** Lengths that providers deliver are multiples of their own frames and blocks: the threshold or 5 %, whichever is more. */
const TAKE_TOLERANCE_SHARE = 0.05
/** Our own timeline is exact but for the last frames of the sound encoder. */
const ASSET_TOLERANCE_SECONDS = 0.1

/** Every check, each with its own definition and threshold; see the files beside this one. */
export function createInspector(): Inspector {
  return {
    inspect: createInspection,

    judgeTake(profile, ordered, probe) {
      const limit = (check: string) => thresholdOf(profile, check)
      const toleranceSeconds = Math.max(limit('duration'), (ordered.durationSeconds ?? 0) * TAKE_TOLERANCE_SHARE)
      return verdicts(profile, [
        checkDecodes(ordered, probe),
        checkDuration(ordered, probe, toleranceSeconds),
        // The finish scales to the exact size.
        checkSize(ordered, probe, limit('size')),
        checkFps(ordered, probe, limit('fps')),
        checkAvMismatch(probe, limit('av_mismatch')),
        checkTimestamps(probe, limit('timestamps')),
        checkVariableFps(probe, limit('variable_fps')),
        checkKeyframeStart(probe, limit('keyframe_start')),
        checkAvDrift(probe, limit('av_drift')),
        checkHdr(probe, limit('hdr')),
      ])
    },

    judgeAsset(profile, ordered, probe, loudness) {
      const heard = loudness ?? { integratedLufs: null, truePeakDbtp: null, loudnessRangeLu: null }
      const file = verdicts(profile, [
        checkDecodes(ordered, probe),
        checkDuration(ordered, probe, ASSET_TOLERANCE_SECONDS),
        checkSize(ordered, probe, 0),
        checkFps(ordered, probe, thresholdOf(profile, 'fps')),
        checkAvMismatch(probe, thresholdOf(profile, 'av_mismatch')),
      ])
      if (!ordered.audible) return file
      const targetLufs = thresholdOf(profile, 'loudness')
      const forLeftOver = withRules(profile, {
        loudness: ruleForLeftOver(profile.rules.loudness ?? 'fail', heard, targetLufs),
        true_peak: ruleForPeak(profile.rules.true_peak ?? 'fail', heard),
      })
      const sound = verdicts(forLeftOver, [
        measureLoudness(heard, targetLufs),
        measureLoudnessRange(heard, thresholdOf(profile, 'loudness_range')),
        measureTruePeak(heard, thresholdOf(profile, 'true_peak')),
      ])
      return [...file, ...sound]
    },

    normalise(profile, loudness, targetLufs) {
      const before = measureLoudness(loudness, targetLufs)
      const rule = profile.rules.loudness ?? 'fail'
      const gainDb = rule === 'repair' ? gainTowards(loudness, targetLufs) : 0
      if (before.within === null || gainDb === 0) {
        // A peak alone is no reason to lower a sound: the mix has a limiter.
        const { within } = before
        return {
          gainDb: 0,
          verdict: judge(withRules(profile, { loudness: rule === 'repair' || rule === 'off' ? 'warn' : rule }), before.measurement, within),
        }
      }
      const after = measureLoudness(amplified(loudness, gainDb), targetLufs)
      const detail = `${before.measurement.detail} It was changed by ${gainDb.toFixed(1)} dB: ${after.measurement.detail}`
      const measurement = { ...after.measurement, detail }
      if (after.within) return { gainDb, verdict: { ...measurement, verdict: 'repaired' } }
      return { gainDb, verdict: judge(withRules(profile, { loudness: 'warn' }), measurement, false) }
    },
  }
}

function verdicts(profile: QualityProfile, findings: (Finding | null)[]): Verdict[] {
  return findings.flatMap((finding) =>
    finding === null || profile.rules[finding.measurement.check] === 'off' ? [] : [judge(profile, finding.measurement, finding.within)],
  )
}

function withRules(profile: QualityProfile, rules: QualityProfile['rules']): QualityProfile {
  return { ...profile, rules: { ...profile.rules, ...rules } }
}
