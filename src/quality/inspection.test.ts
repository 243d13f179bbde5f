import { describe, expect, test } from 'vitest'
import { profiles } from '../domain/profiles.ts'
import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import type { InspectedStretch } from '../ports/inspector.ts'
import { GREY_HEIGHT, GREY_WIDTH } from '../ports/media-tool.ts'
import { createInspector } from './inspector.ts'

const FPS = 30
const RATE = 48_000
const FRAME = 1 / FPS
/** How every check is followed is shown with four of them; each has its own test beside it. */
const shown = ['black', 'freeze', 'silence', 'clipping']
const only = ({ rules, ...profile }: QualityProfile): QualityProfile => ({
  ...profile,
  rules: Object.fromEntries(Object.entries(rules).map(([check, rule]) => [check, shown.includes(check) ? rule : 'off'])),
})
const strict = only(profiles.strict)
const PIXELS = GREY_WIDTH * GREY_HEIGHT

/** What is seen at a time: a luma for the whole frame, or a frame. */
type Picture = (seconds: number) => number | Uint8Array
/** What is heard at a time, left and right, -1 to 1. */
type Sound = (seconds: number) => [number, number]

const moving = (seconds: number): number => 60 + 120 * Math.abs(Math.sin(seconds))
const tone: Sound = (seconds) => [0.3 * Math.sin(2 * Math.PI * 440 * seconds), 0.3 * Math.sin(2 * Math.PI * 330 * seconds)]

interface Fed {
  stretch?: Partial<InspectedStretch>
  profile?: QualityProfile
  picture?: Picture | null
  sound?: Sound | null
  seconds?: number
  startSeconds?: number
  /** Asks after every segment of this length. */
  askEvery?: number
}

/** Feeds a made stretch as the finish does: sound in blocks of an odd size, pictures between them, questions at segment ends. */
function feed({ stretch = {}, profile = strict, picture = moving, sound = tone, seconds = 8, startSeconds = 0, askEvery = 2 }: Fed) {
  const inspection = createInspector().inspect(profile, { startSeconds, fps: FPS, audible: true, ...stretch })
  const asked: Verdict[][] = []
  const BLOCK = 1_701
  let sample = 0
  const soundUntil = (until: number) => {
    while (sound !== null && sample < Math.round((until - startSeconds) * RATE)) {
      const frames = Math.min(BLOCK, Math.round((until - startSeconds) * RATE) - sample)
      const pcm = new Int16Array(frames * 2)
      for (let index = 0; index < frames; index++) {
        const [left, right] = sound(startSeconds + (sample + index) / RATE)
        pcm[2 * index] = toInt16(left)
        pcm[2 * index + 1] = toInt16(right)
      }
      inspection.sound(startSeconds + sample / RATE, pcm)
      sample += frames
    }
  }
  for (let frame = 0; frame < Math.round(seconds * FPS); frame++) {
    const at = startSeconds + frame / FPS
    if (picture !== null) {
      const seen = picture(at)
      inspection.picture(at, typeof seen === 'number' ? new Uint8Array(PIXELS).fill(seen) : seen)
    }
    soundUntil(at + FRAME)
    const done = (frame + 1) / FPS
    if (Math.abs(done % askEvery) < 1e-6 || Math.abs((done % askEvery) - askEvery) < 1e-6)
      asked.push(inspection.judgeUntil(startSeconds + done))
  }
  return { asked, end: inspection.end() }
}

const toInt16 = (value: number) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)))
const within = (from: number, to: number) => (seconds: number) => seconds >= from - 1e-9 && seconds < to - 1e-9
const of = (verdicts: Verdict[], check: string) => verdicts.filter((verdict) => verdict.check === check)
const all = ({ asked, end }: { asked: Verdict[][]; end: Verdict[] }, check: string) => of([...asked.flat(), ...end], check)

describe('a clean stretch', () => {
  test('passes every check, once, with the range it covers', () => {
    const { asked, end } = feed({ startSeconds: 12 })
    expect(asked.flat()).toEqual([])
    expect(end.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['black', 'pass'],
      ['freeze', 'pass'],
      ['silence', 'pass'],
      ['clipping', 'pass'],
    ])
    for (const { range } of end) {
      expect(range?.startSeconds).toBe(12)
      expect(range?.endSeconds).toBeCloseTo(20, 6)
    }
  })

  test('a check that is off says nothing', () => {
    const profile: QualityProfile = { ...strict, rules: { ...strict.rules, freeze: 'off' } }
    expect(feed({ profile, picture: () => 120 }).end.map(({ check }) => check)).toEqual(['black', 'silence', 'clipping'])
  })
})

describe('black', () => {
  const blackIn =
    (from: number, to: number): Picture =>
    (seconds) =>
      within(from, to)(seconds) ? 16 : moving(seconds)

  test('is found at its place', () => {
    const [found, ...more] = all(feed({ picture: blackIn(3.2, 4.1), startSeconds: 2, askEvery: 8 }), 'black')
    expect(more).toEqual([])
    expect(found).toMatchObject({ verdict: 'fail', unit: 's', threshold: 0.5 })
    expect(found?.range?.startSeconds).toBeCloseTo(3.2, 6)
    expect(found?.range?.endSeconds).toBeCloseTo(4.1, 6)
    expect(found?.value).toBeCloseTo(0.9, 3)
    expect(found?.detail).toBe('the picture is black for 0.90 s from 3.20 s on; less than 0.50 s is allowed.')
  })

  test.each([
    [15, 'fail'],
    [14, 'pass'],
  ])('of %i frames at 30 fps: %s', (frames, verdict) => {
    expect(all(feed({ picture: blackIn(3, 3 + frames * FRAME) }), 'black').map((found) => found.verdict)).toEqual([verdict])
  })

  test('half a second is half a second wherever it begins', () => {
    for (let start = 0; start < 200; start++) {
      const inspection = createInspector().inspect(strict, { startSeconds: 0, fps: FPS, audible: false })
      for (let frame = start; frame < start + 16; frame++)
        inspection.picture(frame / FPS, new Uint8Array(4).fill(frame < start + 15 ? 0 : 200))
      expect(of(inspection.end(), 'black')[0]?.verdict, `from frame ${start}`).toBe('fail')
    }
  })

  test('a fade from and to black shorter than half a second passes', () => {
    const fade: Picture = (seconds) => Math.min(1, seconds / 0.9, (8 - seconds) / 0.9) * 150
    expect(all(feed({ picture: fade, stretch: {} }), 'black')).toMatchObject([{ verdict: 'pass' }])
  })

  test.each([
    [25, 'fail'],
    [26, 'pass'],
  ])('luma %i of 255 counts: %s', (luma, verdict) => {
    const picture: Picture = (seconds) => (within(3, 5)(seconds) ? luma : moving(seconds))
    expect(all(feed({ picture }), 'black')[0]?.verdict).toBe(verdict)
  })

  test.each([
    [0.981, 'fail'],
    [0.979, 'pass'],
  ])('with %f of the pixels dark: %s', (share, verdict) => {
    const picture: Picture = (seconds) =>
      within(3, 5)(seconds) ? new Uint8Array(PIXELS).fill(200).fill(0, 0, Math.round(PIXELS * share)) : moving(seconds)
    expect(all(feed({ picture }), 'black')[0]?.verdict).toBe(verdict)
  })

  test('one that is still open when asked counts as it stands, and is told once more when it went on', () => {
    const { asked, end } = feed({ picture: blackIn(3, 5) })
    const [before, open, after] = asked
    expect(of(before ?? [], 'black')).toEqual([])
    expect(of(open ?? [], 'black')[0]?.range).toEqual({ startSeconds: 3, endSeconds: expect.closeTo(4, 6) as number })
    expect(of(after ?? [], 'black')).toEqual([])
    expect(of(end, 'black')[0]?.range?.endSeconds).toBeCloseTo(5, 6)
  })

  test('one that begins at the asked time waits for the next question', () => {
    const inspection = createInspector().inspect(strict, { startSeconds: 0, fps: FPS, audible: false })
    for (let frame = 0; frame < 90; frame++) inspection.picture(frame / FPS, new Uint8Array(PIXELS).fill(frame < 60 ? 100 + frame : 0))
    expect(of(inspection.judgeUntil(2), 'black')).toEqual([])
    expect(of(inspection.judgeUntil(4), 'black')).toMatchObject([{ verdict: 'fail' }, { verdict: 'unknown' }])
  })

  test('each of several is told', () => {
    const picture: Picture = (seconds) => (within(1, 2)(seconds) || within(6, 7)(seconds) ? 0 : moving(seconds))
    const starts = all(feed({ picture }), 'black').map(({ range }) => Math.round(range?.startSeconds ?? -1))
    expect(starts).toEqual([1, 6])
  })
})

describe('freeze', () => {
  const stillIn =
    (from: number, to: number): Picture =>
    (seconds) =>
      within(from, to)(seconds) ? moving(from) : moving(seconds)

  test('is found at its place, to the frame', () => {
    const found = all(feed({ picture: stillIn(3, 5.5) }), 'freeze').at(-1)
    expect(found).toMatchObject({ verdict: 'fail', unit: 's', threshold: 2 })
    expect(Math.abs((found?.range?.startSeconds ?? 0) - 3)).toBeLessThanOrEqual(FRAME + 1e-6)
    expect(Math.abs((found?.range?.endSeconds ?? 0) - 5.5)).toBeLessThanOrEqual(FRAME + 1e-6)
  })

  test.each([
    [60, 'fail'],
    [59, 'pass'],
  ])('of %i equal frames at 30 fps: %s', (frames, verdict) => {
    const picture: Picture = (seconds) => {
      const frame = Math.round(seconds * FPS)
      return frame >= 90 && frame < 90 + frames ? 10 : 40 + (frame % 2) * 40
    }
    expect(all(feed({ picture }), 'freeze')[0]?.verdict).toBe(verdict)
  })

  test.each([
    // One level in 255 on a quarter of the pixels is 0.00098, on a third 0.0013; -60 dB is 0.001.
    [0.25, 'fail'],
    [0.33, 'pass'],
  ])('noise of one level on %f of the pixels: %s', (share, verdict) => {
    const picture: Picture = (seconds) =>
      new Uint8Array(PIXELS).fill(100).fill(Math.round(seconds * FPS) % 2 ? 101 : 100, 0, Math.round(PIXELS * share))
    expect(all(feed({ picture }), 'freeze')[0]?.verdict).toBe(verdict)
  })

  test('a movement slower than the noise limit from frame to frame is still a movement', () => {
    const slow: Picture = (seconds) => new Uint8Array(PIXELS).fill(50).fill(51, 0, Math.round(PIXELS * 0.02 * seconds * FPS) % PIXELS)
    expect(all(feed({ picture: slow }), 'freeze')).toMatchObject([{ verdict: 'pass' }])
  })

  test('a picture buffer that is used again is no frozen picture', () => {
    const shared = new Uint8Array(PIXELS)
    const picture: Picture = (seconds) => shared.fill(moving(seconds))
    expect(all(feed({ picture }), 'freeze')).toMatchObject([{ verdict: 'pass' }])
  })

  test('is judged by the profile', () => {
    expect(all(feed({ picture: stillIn(3, 5.5), profile: only(profiles.standard) }), 'freeze').map(({ verdict }) => verdict)).toContain(
      'warn',
    )
  })
})

describe('silence', () => {
  const silentIn =
    (from: number, to: number): Sound =>
    (seconds) =>
      within(from, to)(seconds) ? [0, 0] : tone(seconds)

  test('is found at its place, within 20 ms', () => {
    const found = all(feed({ sound: silentIn(2.513, 5.707) }), 'silence').at(-1)
    expect(found).toMatchObject({ verdict: 'fail', unit: 's', threshold: 2.5 })
    expect(Math.abs((found?.range?.startSeconds ?? 0) - 2.513)).toBeLessThanOrEqual(0.02)
    expect(Math.abs((found?.range?.endSeconds ?? 0) - 5.707)).toBeLessThanOrEqual(0.02)
  })

  test.each([
    [2.5, 'fail'],
    [2.46, 'pass'],
  ])('of %f s: %s', (length, verdict) => {
    expect(all(feed({ sound: silentIn(2, 2 + length) }), 'silence')[0]?.verdict).toBe(verdict)
  })

  test.each([
    // A sine's root mean square lies 3.01 dB under its peak.
    [-50.2, 'fail'],
    [-49.8, 'pass'],
  ])('a tone of %f dBFS: %s', (dbfs, verdict) => {
    const peak = 10 ** ((dbfs + 3.0103) / 20)
    const sound: Sound = (seconds) => [peak * Math.sin(2 * Math.PI * 1000 * seconds), 0]
    expect(all(feed({ sound }), 'silence').at(-1)?.verdict).toBe(verdict)
  })

  test('a short stretch in which nothing is heard at all fails', () => {
    const { end } = feed({ sound: () => [0, 0], seconds: 1 })
    expect(of(end, 'silence')).toMatchObject([{ verdict: 'fail', detail: 'nothing is heard from 0.00 s to 1.00 s at all.' }])
  })

  test('is not asked where nothing must be heard', () => {
    const { asked, end } = feed({ sound: () => [0, 0], stretch: { audible: false } })
    expect([...asked.flat(), ...end].map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      'black pass',
      'freeze pass',
      'clipping pass',
    ])
  })

  test('one channel alone is heard', () => {
    expect(all(feed({ sound: (seconds) => [0, tone(seconds)[1]] }), 'silence')).toMatchObject([{ verdict: 'pass' }])
  })
})

describe('clipping', () => {
  const drivenIn =
    (from: number, to: number): Sound =>
    (seconds) => {
      const gain = within(from, to)(seconds) ? 8 : 1
      const [left, right] = tone(seconds)
      return [left * gain, right * gain]
    }

  test('is found at its place, within 20 ms, with its density', () => {
    const found = all(feed({ sound: drivenIn(3, 3.5) }), 'clipping').at(-1)
    expect(found).toMatchObject({ verdict: 'fail', unit: 'count', threshold: 10 })
    expect(Math.abs((found?.range?.startSeconds ?? 0) - 3)).toBeLessThanOrEqual(0.02)
    expect(Math.abs((found?.range?.endSeconds ?? 0) - 3.5)).toBeLessThanOrEqual(0.02)
    // Two flattened peaks a period, 440 and 330 periods a second, for half a second.
    expect(found?.value).toBeGreaterThan(760)
    expect(found?.value).toBeLessThan(780)
  })

  const peaks =
    (count: number, samples: number, level = 1): Sound =>
    (seconds) => {
      const sample = Math.round(seconds * RATE)
      const peak = Math.floor((sample - 2 * RATE) / 4_000)
      const inside = sample >= 2 * RATE && peak < count && (sample - 2 * RATE) % 4_000 < samples
      return inside ? [level, 0] : [0.1, 0]
    }

  test.each([
    [11, 3, 1, 'fail'],
    [10, 3, 1, 'pass'],
    [11, 2, 1, 'pass'],
    [11, 3, 32_759 / 32_767, 'pass'],
    [11, 3, 32_760 / 32_767, 'fail'],
  ])('%i peaks of %i samples at %f: %s', (count, samples, level, verdict) => {
    expect(all(feed({ sound: peaks(count, samples, level) }), 'clipping')[0]?.verdict).toBe(verdict)
  })

  test('the same number over a longer time passes', () => {
    const spread: Sound = (seconds) => {
      const sample = Math.round(seconds * RATE)
      return sample % 12_000 < 5 ? [1, 0] : [0.1, 0]
    }
    expect(all(feed({ sound: spread }), 'clipping')).toMatchObject([{ verdict: 'pass', value: 4 }])
  })

  test('a lull shorter than a second does not part one fault into two', () => {
    const times = [...Array.from({ length: 11 }, (_, peak) => 2 + peak * 0.09), 3.1, 3.11, 3.12]
    const samples = new Set(times.flatMap((time) => [0, 1, 2].map((offset) => Math.round(time * RATE) + offset)))
    const sound: Sound = (seconds) => [samples.has(Math.round(seconds * RATE)) ? 1 : 0.1, 0]
    const [found, ...more] = all(feed({ sound, askEvery: 8 }), 'clipping')
    expect(more).toEqual([])
    expect(found?.range?.startSeconds).toBeCloseTo(2, 3)
    expect(found?.range?.endSeconds).toBeCloseTo(3.12, 3)
  })

  test('negative full scale clips as well', () => {
    const sound: Sound = (seconds) => [Math.max(-1, 4 * tone(seconds)[0] - 1), 0]
    expect(all(feed({ sound }), 'clipping').at(-1)?.verdict).toBe('fail')
  })
})

describe('what never came', () => {
  test('a stretch with no pictures where pictures were ordered is unknown, segment by segment and as a whole', () => {
    const { asked, end } = feed({ picture: null })
    for (const [index, verdicts] of asked.entries()) {
      for (const check of ['black', 'freeze']) {
        expect(of(verdicts, check)).toMatchObject([{ verdict: 'unknown', value: null }])
        expect(of(verdicts, check)[0]?.range?.startSeconds).toBeCloseTo(index * 2, 6)
        expect(of(verdicts, check)[0]?.range?.endSeconds).toBeCloseTo(index * 2 + 2, 6)
      }
    }
    expect(of(end, 'black')).toMatchObject([{ verdict: 'unknown', range: { startSeconds: 0 } }])
    expect(
      [...asked.flat(), ...end].filter(({ check, verdict }) => (check === 'black' || check === 'freeze') && verdict === 'pass'),
    ).toEqual([])
  })

  test('no sound where sound must be heard is unknown', () => {
    const result = feed({ sound: null })
    expect(all(result, 'silence').every(({ verdict }) => verdict === 'unknown')).toBe(true)
    expect(all(result, 'clipping').every(({ verdict }) => verdict === 'unknown')).toBe(true)
  })

  test('no sound where none is needed is not spoken of', () => {
    const { asked, end } = feed({ sound: null, stretch: { audible: false } })
    expect([...asked.flat(), ...end].map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(['black pass', 'freeze pass'])
  })

  test('a gap in the middle is unknown at its place', () => {
    const inspection = createInspector().inspect(strict, { startSeconds: 0, fps: FPS, audible: false })
    for (let frame = 0; frame < 120; frame++)
      if (frame < 30 || frame >= 45) inspection.picture(frame / FPS, new Uint8Array(PIXELS).fill(frame % 2 ? 90 : 160))
    expect(of(inspection.judgeUntil(2), 'black')).toMatchObject([{ verdict: 'unknown', range: { startSeconds: 1, endSeconds: 1.5 } }])
    expect(inspection.judgeUntil(4)).toEqual([])
    expect(inspection.end()).toEqual([])
  })

  test('pictures that stop before the stretch ends are noticed', () => {
    const inspection = createInspector().inspect(strict, { startSeconds: 0, durationSeconds: 4, fps: FPS, audible: false })
    for (let frame = 0; frame < 60; frame++) inspection.picture(frame / FPS, new Uint8Array(PIXELS).fill(frame % 2 ? 90 : 160))
    expect(of(inspection.end(), 'black')).toMatchObject([
      { verdict: 'unknown', range: { startSeconds: expect.closeTo(2, 6) as number, endSeconds: 4 } },
    ])
  })

  test('a frame rounded away is no gap', () => {
    const inspection = createInspector().inspect(strict, { startSeconds: 0, fps: FPS, audible: false })
    for (let frame = 0; frame < 119; frame++)
      if (frame !== 50) inspection.picture(frame / FPS, new Uint8Array(PIXELS).fill(frame % 2 ? 90 : 160))
    expect(inspection.judgeUntil(4)).toEqual([])
  })
})

test('a sound alone is judged by its sound alone', () => {
  const { asked, end } = feed({ stretch: { fps: null }, picture: null })
  expect([...asked.flat(), ...end].map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(['silence pass', 'clipping pass'])
})
