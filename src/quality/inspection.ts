import { judge, type QualityProfile, type TimeRange, type Verdict } from '../domain/verdict.ts'
import type { InspectedStretch, Inspection } from '../ports/inspector.ts'
import { STILLS_PER_SECOND } from '../ports/media-tool.ts'
import { createSoundFinders } from './audio/finders.ts'
import { type Coverage, createCoverage } from './coverage.ts'
import { type Fault, type FaultFinder, rounded, seconds } from './finding.ts'
import { createPictureFinders } from './video/finders.ts'

const SAMPLE_RATE = 48_000
/** More than the frame of an AAC encoder (21 ms), less than can be missed. */
const SOUND_TOLERANCE_SECONDS = 0.05

/**
 * Follows one stretch of the timeline with every check the profile has. A check tells each fault as soon as it is asked
 * about time the fault touches, and at the end once more if it went on after that. Where it found none it tells at the
 * end that it passed, with the worst it saw. Time whose pictures or sound never came is `unknown`.
 */
export function createInspection(profile: QualityProfile, stretch: InspectedStretch): Inspection {
  const { startSeconds, fps, audible } = stretch
  const frameSeconds = fps === null ? 0 : 1 / fps
  const pictureFinders = createPictureFinders(profile, stretch)
  const soundFinders = createSoundFinders(profile, stretch)
  const pictures = createCoverage(startSeconds, 1.5 * frameSeconds)
  const stillSeconds = Math.max(frameSeconds, 1 / STILLS_PER_SECOND)
  const stills = createCoverage(startSeconds, 1.5 * frameSeconds)
  const sounds = createCoverage(startSeconds, SOUND_TOLERANCE_SECONDS)

  const watches = [
    ...pictureFinders.map((finder) => createWatch(profile, finder, finder.still ? stills : pictures, startSeconds, true)),
    // Sound that need not be heard may be missing.
    ...soundFinders.map((finder) => createWatch(profile, finder, sounds, startSeconds, audible)),
  ]
  let asked = startSeconds

  return {
    picture(atSeconds, grey) {
      pictures.add(atSeconds, atSeconds + frameSeconds)
      for (const finder of pictureFinders) finder.picture?.(atSeconds, atSeconds + frameSeconds, grey)
    },
    sound(atSeconds, pcm) {
      sounds.add(atSeconds, atSeconds + pcm.length / 2 / SAMPLE_RATE)
      for (const finder of soundFinders) finder.sound(atSeconds, pcm)
    },
    still(atSeconds, frame) {
      stills.add(atSeconds, atSeconds + stillSeconds)
      for (const finder of pictureFinders) finder.still?.(atSeconds, atSeconds + stillSeconds, frame)
    },
    judgeUntil(untilSeconds) {
      const from = asked
      asked = Math.max(asked, untilSeconds)
      return watches.flatMap((watch) => watch.until(from, asked))
    },
    end() {
      const reached = Math.max(asked, pictures.reachedSeconds(), sounds.reachedSeconds())
      const endSeconds = stretch.durationSeconds === undefined ? reached : startSeconds + stretch.durationSeconds
      return watches.flatMap((watch) => watch.end(endSeconds))
    },
  }
}

interface Watch {
  until(fromSeconds: number, untilSeconds: number): Verdict[]
  end(endSeconds: number): Verdict[]
}

/** @param needed whether the finder's material must be there */
function createWatch(profile: QualityProfile, finder: FaultFinder, coverage: Coverage, startSeconds: number, needed: boolean): Watch {
  const { check, unit, threshold } = finder
  const told: Verdict[] = []
  let faultsTold = 0

  const faulty = (fault: Fault) =>
    judge(
      profile,
      { check, value: rounded(fault.value), unit, threshold, range: { ...fault.range }, detail: finder.describe(fault) },
      false,
    )

  const unknown = (range: TimeRange) => {
    const detail = `${check} is unknown from ${seconds(range.startSeconds)} to ${seconds(range.endSeconds)}: what it looks at did not come.`
    return judge(profile, { check, value: null, unit, threshold, range, detail }, null)
  }

  const passed = (value: number, range: TimeRange) => {
    const measured = unit === 's' ? seconds(value) : String(rounded(value))
    const detail = `${check}: ${measured} at worst; the limit is ${unit === 's' ? seconds(threshold) : threshold}.`
    return judge(profile, { check, value: rounded(value), unit, threshold, range, detail }, true)
  }

  const tell = (verdicts: Verdict[]): Verdict[] => {
    const fresh = verdicts.filter((verdict) => !told.some((before) => isSame(before, verdict)))
    told.push(...fresh)
    return fresh
  }

  return {
    until(fromSeconds, untilSeconds) {
      const faults = finder.faults().filter(({ range }) => range.startSeconds < untilSeconds)
      const missing = needed ? coverage.missing(fromSeconds, untilSeconds) : null
      const fresh = faults.slice(faultsTold).map(faulty)
      faultsTold = faults.length
      return tell(missing === null ? fresh : [...fresh, unknown(missing)])
    },
    end(endSeconds) {
      finder.close()
      const faults = finder.faults().map(faulty)
      const missing = needed ? coverage.missing(startSeconds, endSeconds) : null
      if (missing !== null) return tell([...faults, unknown(missing)])
      if (faults.length > 0) return tell(faults)
      const range = { startSeconds, endSeconds }
      const worst = finder.worst()
      if (worst !== null) return tell([passed(worst, range)])
      return needed ? tell([unknown(range)]) : []
    },
  }
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.verdict === b.verdict && a.range?.startSeconds === b.range?.startSeconds && a.range?.endSeconds === b.range?.endSeconds
}
