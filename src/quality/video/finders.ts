import { thresholdOf } from '../../domain/profiles.ts'
import type { QualityProfile } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import { createBlack } from './black.ts'
import { createBlockiness } from './blockiness.ts'
import { createBlur } from './blur.ts'
import { createConsistency } from './consistency.ts'
import { createCut } from './cut.ts'
import { createDuplicateFrames } from './duplicate-frames.ts'
import { createFlash } from './flash.ts'
import { createFreeze } from './freeze.ts'
import { createJoints } from './joints.ts'
import { createLetterbox } from './letterbox.ts'
import type { PictureFinder } from './picture-finder.ts'

/** The picture checks a profile wants of a stretch. None where there is no picture. */
export function createPictureFinders(profile: QualityProfile, { fps, plannedCuts = [] }: InspectedStretch): PictureFinder[] {
  if (fps === null) return []
  const limit = (check: string) => thresholdOf(profile, check)
  const joints = createJoints()
  return [
    createBlack(limit('black')),
    createFreeze(limit('freeze')),
    createDuplicateFrames(limit('duplicate_frames')),
    createFlash(limit('flash')),
    createLetterbox(limit('letterbox')),
    createCut(limit('cut'), joints, plannedCuts),
    createConsistency(limit('consistency'), limit('cut'), joints, plannedCuts),
    createBlur(limit('blur')),
    createBlockiness(limit('blockiness')),
  ].filter(({ check }) => profile.rules[check] !== 'off')
}
