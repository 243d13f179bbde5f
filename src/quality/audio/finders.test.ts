import { describe, expect, test } from 'vitest'
import { checks } from '../../domain/checks/index.ts'
import { profiles } from '../../domain/profiles.ts'
import type { QualityProfile, Verdict } from '../../domain/verdict.ts'
import type { InspectedStretch } from '../../ports/inspector.ts'
import { createInspection } from '../inspection.ts'

const RATE = 48_000
/** What is heard at a time, left and right, -1 to 1. */
type Sound = (seconds: number) => readonly [number, number]

const both = (mono: (seconds: number) => number): Sound => {
  return (seconds) => [mono(seconds), mono(seconds)]
}
const sine = (hertz: number, peak: number) => (seconds: number) => peak * Math.sin(2 * Math.PI * hertz * seconds)
/** Words of 0.4 s with pauses of 0.21 s, fading in and out over 60 ms; a pulse of 110 Hz with overtones. */
const word = Float64Array.from({ length: 0.6137 * RATE }, (_, n) => {
  const seconds = n / RATE
  const level = Math.max(0, Math.min(1, seconds / 0.06, (0.4 - seconds) / 0.06))
  return level ** 2 * (3 - 2 * level) * [1, 2, 3, 5, 8, 13].reduce((sum, times) => sum + sine(110 * times, 0.2 / times)(seconds), 0)
})
const voice = (seconds: number): number => word[Math.round(seconds * RATE) % word.length] ?? 0
/** The same at each sample, whoever asks: between -1 and 1. */
const hiss = (seconds: number): number => {
  const n = Math.round(seconds * RATE)
  return ((Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) ^ Math.imul(n, 0x297a2d39)) >>> 0) / 2 ** 31 - 1
}
const db = (level: number): number => 10 ** (level / 20)
const within = (from: number, to: number) => (seconds: number) => seconds >= from - 1e-9 && seconds < to - 1e-9

const failing = (check: string): QualityProfile => ({ ...profiles.strict, rules: { ...profiles.strict.rules, [check]: 'fail' } })

/** Hears a made sound in pieces of an odd size; verdicts of one check. */
function hear(
  check: string,
  sound: Sound,
  {
    seconds = 3,
    heardAs = 'speech',
    profile = failing(check),
  }: { seconds?: number; heardAs?: InspectedStretch['sound']; profile?: QualityProfile } = {},
): Verdict[] {
  const inspection = createInspection(profile, { startSeconds: 0, fps: null, audible: true, ...(heardAs && { sound: heardAs }) })
  const frames = Math.round(seconds * RATE)
  const asked: Verdict[] = []
  for (let from = 0; from < frames; from += 4_801) {
    const pcm = new Int16Array(2 * Math.min(4_801, frames - from))
    for (let n = 0; n < pcm.length / 2; n++) {
      for (const [channel, value] of sound((from + n) / RATE).entries())
        pcm[2 * n + channel] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)))
    }
    inspection.sound(from / RATE, pcm)
    asked.push(...inspection.judgeUntil((from + pcm.length / 2) / RATE))
  }
  return [...asked, ...inspection.end()].filter((verdict) => verdict.check === check)
}

const ALL: Required<InspectedStretch>['sound'][] = ['speech', 'music', 'effect', 'mix']
const listening = (heardAs: InspectedStretch['sound'], audible = true) => {
  const inspection = createInspection(profiles.strict, { startSeconds: 0, fps: null, audible, ...(heardAs && { sound: heardAs }) })
  inspection.sound(
    0,
    new Int16Array(2 * RATE).map((_, n) => 8_000 * voice((n >> 1) / RATE)),
  )
  return inspection.end().map(({ check }) => check)
}

describe('which checks listen', () => {
  test('to what: a voice has most of them, an effect may click, hiss and end as it likes', () => {
    const everywhere = ['silence', 'clipping', 'dc_offset', 'dead_channel', 'inverted_channel']
    expect(new Set(listening('speech'))).toEqual(new Set([...everywhere, 'dropout', 'noise', 'hum', 'clicks', 'abrupt_end']))
    expect(new Set(listening('music'))).toEqual(new Set([...everywhere, 'dropout', 'clicks', 'abrupt_end']))
    expect(new Set(listening('effect'))).toEqual(new Set(everywhere))
    expect(new Set(listening('mix'))).toEqual(new Set([...everywhere, 'dropout']))
    expect(listening(undefined)).toEqual(listening('mix'))
  })

  test('to nothing that is too short for it', () => {
    const asked = (durationSeconds: number) => {
      const inspection = createInspection(profiles.strict, { startSeconds: 0, durationSeconds, fps: null, audible: true, sound: 'speech' })
      inspection.sound(0, new Int16Array(2 * Math.round(durationSeconds * RATE)).fill(5_000))
      return inspection.end().map(({ check }) => check)
    }
    expect(asked(0.4)).toEqual(['silence', 'clipping', 'dropout', 'dead_channel', 'inverted_channel', 'clicks'])
    expect(asked(2)).toEqual(expect.arrayContaining(['noise', 'hum', 'dc_offset', 'abrupt_end']))
  })

  test('silence is only asked where there must be sound', () => {
    for (const heardAs of ALL) expect(listening(heardAs, false)).not.toContain('silence')
  })

  test('a check that is off does not', () => {
    const profile = { ...profiles.strict, rules: { ...profiles.strict.rules, hum: 'off' as const } }
    expect(hear('hum', both(voice), { profile })).toEqual([])
  })

  test('each names its unit and threshold as its row does', () => {
    for (const check of listening('speech')) {
      const [verdict] = hear(check, both(voice))
      expect(verdict, check).toMatchObject({ verdict: 'pass', unit: checks[check]?.unit, threshold: checks[check]?.threshold })
    }
  })
})

test.each([
  ['silence', (seconds: number) => (within(1, 2)(seconds) ? 0 : voice(seconds)), 0.9, 1.1],
  ['clipping', (seconds: number) => 8 * voice(seconds), 10_000, 10],
  ['dropout', (seconds: number) => (within(1.3, 1.34)(seconds) ? 0 : voice(seconds)), 0.035, 0.045],
  ['noise', (seconds: number) => voice(seconds) + db(-55) * hiss(seconds), 45, 30],
  ['hum', (seconds: number) => voice(seconds) + sine(50, db(-50))(seconds), -45, -25],
  ['dc_offset', (seconds: number) => voice(seconds) + 0.03, 0.02, 0.05],
  ['abrupt_end', (seconds: number) => Math.exp(-0.4 * seconds) * sine(200, 0.5)(seconds), -30, -6],
])('%s: the threshold of the profile counts', (check, mono, ...thresholds) => {
  const verdicts = thresholds.map((threshold) => {
    const profile = { ...failing(check), thresholds: { [check]: threshold } }
    const found = hear(check, both(mono), { profile })
    expect(found[0]?.threshold).toBe(threshold)
    return found.some(({ verdict }) => verdict === 'fail')
  })
  expect(verdicts.toSorted()).toEqual([false, true])
})

describe('clipping', () => {
  const driven = both((seconds) => 0.7 * Math.max(-1, Math.min(1, 9 * voice(seconds))))

  test('that was made quieter afterwards is found at its own level', () => {
    const [found] = hear('clipping', driven)
    expect(found).toMatchObject({ verdict: 'fail', unit: 'count' })
    expect(found?.value).toBeGreaterThan(100)
  })

  test.each<[string, Sound, InspectedStretch['sound']]>([
    ['a loud voice', both((seconds) => 1.2 * voice(seconds)), 'speech'],
    ['a voice rounded off', both((seconds) => 0.8 * Math.tanh(3 * voice(seconds))), 'speech'],
    ['a tone', both(sine(60, 0.7)), 'music'],
    ['a square wave, which some effects are', both((seconds) => 0.5 * Math.sign(sine(440, 1)(seconds))), 'effect'],
  ])('%s: none', (_, sound, heardAs) => {
    expect(hear('clipping', sound, { heardAs })).toMatchObject([{ verdict: 'pass' }])
  })
})

describe('dropout', () => {
  const holed = (seconds: number, length: number, base = voice) => {
    const gone = within(seconds, seconds + length)
    return both((at) => (gone(at) ? 0 : base(at)))
  }

  test.each([0.012, 0.04, 0.3])('of %f s is found at its place', (length) => {
    const [found, ...more] = hear('dropout', holed(1.31, length, sine(440, 0.3)), { heardAs: 'music' })
    expect(more).toEqual([])
    expect(found).toMatchObject({ verdict: 'fail', unit: 's' })
    expect(found?.range?.startSeconds).toBeCloseTo(1.31, 2)
    expect(found?.value).toBeCloseTo(length, 2)
    expect(found?.detail).toMatch(/^the sound is gone for \d+ ms at 1\.3\d s and as suddenly back/)
  })

  test('on one side alone counts', () => {
    const left = sine(440, 0.3)
    const sound: Sound = (seconds) => [left(seconds), within(2, 2.05)(seconds) ? 0 : left(seconds)]
    expect(hear('dropout', sound, { heardAs: 'mix' })).toMatchObject([{ verdict: 'fail' }])
  })

  test.each([
    ['of 5 ms is not heard', holed(1.31, 0.005)],
    ['of a pause in speech', both(voice)],
    ['that somebody faded', both((seconds) => sine(440, 0.3)(seconds) * Math.max(0, Math.min(1, Math.abs(seconds - 2) / 0.03 - 1)))],
    ['that lasts is silence', holed(1, 2.6)],
    ['in what is hardly heard', holed(1.3, 0.1, sine(440, 0.004))],
  ])('%s: none', (_, sound) => {
    expect(hear('dropout', sound).map(({ verdict }) => verdict)).toEqual(['pass'])
  })
})

describe('noise', () => {
  test.each([
    [-30, 'fail'],
    [-44, 'fail'],
    [-60, 'pass'],
  ])('a hiss with peaks of %i dBFS under a voice: %s', (level, verdict) => {
    expect(
      hear(
        'noise',
        both((seconds) => voice(seconds) + db(level) * hiss(seconds)),
      ),
    ).toMatchObject([{ verdict, unit: 'dB' }])
  })

  test('silence that was put in between does not hide it', () => {
    const noisy = both((seconds) => (within(1, 3)(seconds) ? 0 : voice(seconds) + db(-35) * hiss(seconds)))
    expect(hear('noise', noisy, { seconds: 4 })).toMatchObject([{ verdict: 'fail' }])
  })

  test('of a voice that hardly came it is unknown', () => {
    const gone = both((seconds) => (seconds < 0.1 ? voice(seconds) : 0))
    expect(hear('noise', gone)).toMatchObject([{ verdict: 'unknown' }])
  })
})

describe('hum', () => {
  test.each([
    [50, 1, -40, 'fail'],
    [60, 1, -40, 'fail'],
    // A rectifier gives twice the frequency of the mains.
    [50, 2, -30, 'fail'],
    [50, 1, -75, 'pass'],
    // Neither is on the tones of the mains.
    [85, 1, -30, 'pass'],
  ])('a steady tone of %i Hz times %i at %i dBFS: %s', (hertz, times, level, verdict) => {
    const found = hear(
      'hum',
      both((seconds) => voice(seconds) + sine(hertz * times, db(level))(seconds)),
    )
    expect(found).toMatchObject([{ verdict }])
    if (verdict === 'fail') expect(found[0]?.detail).toContain(`a hum of ${hertz} Hz`)
  })

  test('hiss is not hum, and a voice without a pause is none either', () => {
    expect(
      hear(
        'hum',
        both((seconds) => voice(seconds) + db(-30) * hiss(seconds)),
      ),
    ).toMatchObject([{ verdict: 'pass' }])
    const reading = (seconds: number) => (0.6 + 0.4 * Math.sin(9 * seconds)) * sine(118 + 6 * Math.sin(seconds), 0.3)(seconds)
    expect(hear('hum', both(reading))).toMatchObject([{ verdict: 'pass' }])
  })

  test('its level is that of the tone', () => {
    const [found] = hear(
      'hum',
      both((seconds) => sine(1_000, 0.5)(seconds) + sine(50, 0.005)(seconds)),
    )
    expect(found?.value).toBeCloseTo(-40, 0)
  })
})

describe('dc_offset', () => {
  test.each([0.03, -0.03])('of %f is found on either side of zero, on one channel', (offset) => {
    const found = hear('dc_offset', (seconds) => [voice(seconds), voice(seconds) + offset])
    expect(found).toMatchObject([{ verdict: 'fail', unit: 'ratio' }])
    expect(found[0]?.value).toBeCloseTo(0.03, 2)
  })

  test('what swings more to one side has none', () => {
    const beats = (seconds: number) => Math.exp(-20 * (seconds % 0.5)) * 0.8
    expect(hear('dc_offset', both(beats), { heardAs: 'music' })).toMatchObject([{ verdict: 'pass' }])
  })
})

describe('dead_channel', () => {
  const tone = sine(440, 0.3)

  test('is found where it dies', () => {
    const found = hear('dead_channel', (seconds) => [tone(seconds), seconds < 0.5 ? tone(seconds) : 0])
    // Once as it stands, and once more at the end.
    expect(found.map(({ verdict }) => verdict)).toEqual(['fail', 'fail'])
    for (const { range } of found) expect(range?.startSeconds).toBeCloseTo(0.5, 1)
    expect(found.at(-1)?.range?.endSeconds).toBeCloseTo(3, 1)
  })

  test('pauses of both channels do not end it', () => {
    expect(hear('dead_channel', (seconds) => [voice(seconds), 0]).at(-1)).toMatchObject({
      verdict: 'fail',
      value: expect.closeTo(3, 0) as number,
    })
  })

  test('throughout is a fault however short; for a while is none', () => {
    expect(hear('dead_channel', (seconds) => [0, tone(seconds)], { seconds: 1, heardAs: 'effect' })).toMatchObject([{ verdict: 'fail' }])
    const turns: Sound = (seconds) => (seconds % 3 < 1.5 ? [tone(seconds), 0] : [0, tone(seconds)])
    expect(hear('dead_channel', turns, { seconds: 6 })).toMatchObject([{ verdict: 'pass' }])
  })
})

describe('inverted_channel', () => {
  test.each<[string, Sound, string]>([
    ['one side turned over', (seconds) => [voice(seconds), -voice(seconds)], 'fail'],
    [
      'and with a hiss of its own',
      (seconds) => [voice(seconds) + 0.02 * hiss(seconds), -voice(seconds) + 0.02 * hiss(seconds + 7)],
      'fail',
    ],
    ['a high tone turned over', (seconds) => [sine(3_000, 0.3)(seconds), -sine(3_000, 0.3)(seconds)], 'fail'],
    ['the same on both sides', both(voice), 'pass'],
    [
      'wide above, together below',
      (seconds) => [sine(60, 0.2)(seconds) + sine(900, 0.4)(seconds), sine(60, 0.2)(seconds) - sine(900, 0.4)(seconds)],
      'pass',
    ],
    ['one side alone', (seconds) => [voice(seconds), 0], 'pass'],
  ])('%s: %s', (_, sound, verdict) => {
    expect(hear('inverted_channel', sound, { heardAs: 'mix' })).toMatchObject([{ verdict }])
  })
})

describe('clicks', () => {
  const clicked = (at: number, height: number, samples = 1, base = sine(220, 0.2)) => {
    const inside = within(at, at + samples / RATE)
    return both((seconds) => base(seconds) + (inside(seconds) ? height : 0))
  }

  test.each([
    [0.1, 1],
    [0.1, 3],
    [-0.4, 2],
  ])('%f high and %i samples long is found at its place', (height, samples) => {
    const [found, ...more] = hear('clicks', clicked(1.7, height, samples), { heardAs: 'music' })
    expect(more).toEqual([])
    expect(found?.verdict).toBe('fail')
    expect(Math.abs((found?.range?.startSeconds ?? 0) - 1.7)).toBeLessThanOrEqual(0.001)
  })

  test('a bad splice is one, and each of several is told', () => {
    const jump = both((seconds) => sine(220, 0.2)(seconds < 1 ? seconds : seconds + 0.0021) * (seconds < 2.0008 ? 1 : -1))
    expect(hear('clicks', jump).map(({ range }) => Math.round(range?.startSeconds ?? 0))).toEqual([1, 2])
  })

  test.each([
    ['a voice', both(voice)],
    ['a creaking one, whose pulses come one by one', both((seconds) => (Math.round(seconds * RATE) % 432 < 2 ? 0.3 : 0))],
    ['a hiss that sets in', both((seconds) => (seconds < 1 ? 0 : 0.3 * hiss(seconds)))],
    ['a plosive', both((seconds) => voice(seconds) + (seconds < 1.45 ? 0 : 0.5 * Math.exp(-120 * (seconds - 1.45)) * hiss(seconds)))],
    ['one nobody hears', clicked(1.7, 0.002)],
  ])('%s: none', (_, sound) => {
    expect(hear('clicks', sound)).toMatchObject([{ verdict: 'pass' }])
  })
})

describe('abrupt_end', () => {
  test.each<[string, number, string]>([
    ['in the middle of a word', 2.7, 'fail'],
    ['in a pause', 3, 'pass'],
    ['right after a word', 2.86, 'pass'],
  ])('cut %s', (_, seconds, verdict) => {
    expect(hear('abrupt_end', both(voice), { seconds })).toMatchObject([{ verdict }])
  })

  test('what an encoder adds behind is not the end', () => {
    const padded = both((seconds) => (seconds < 2.7 ? voice(seconds) : 0))
    expect(hear('abrupt_end', padded, { seconds: 2.75 })).toMatchObject([{ verdict: 'fail' }])
  })

  test('noise that is always there does not count', () => {
    const noisy = both((seconds) => voice(seconds) + db(-30) * hiss(seconds))
    expect(hear('abrupt_end', noisy, { seconds: 3 })).toMatchObject([{ verdict: 'pass' }])
    expect(hear('abrupt_end', noisy, { seconds: 2.7 })).toMatchObject([{ verdict: 'fail' }])
  })
})
