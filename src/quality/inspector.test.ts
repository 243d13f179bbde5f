import { describe, expect, test } from 'vitest'
import { profiles } from '../domain/profiles.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import type { Ordered } from '../ports/inspector.ts'
import type { Loudness, MediaProbe } from '../ports/media-tool.ts'
import { createInspector } from './inspector.ts'

const inspector = createInspector()
const standard: QualityProfile = profiles.standard
const withRule = (check: string, rule: 'off' | 'warn' | 'repair' | 'fail'): QualityProfile => ({
  ...standard,
  rules: { ...standard.rules, [check]: rule },
})

const ordered: Ordered = { durationSeconds: 5, width: 1280, height: 720, fps: 30, audible: true }
const video = { codec: 'h264', width: 1280, height: 720, fps: 30, durationSeconds: 5, frames: 150 }
const audio = { codec: 'aac', sampleRate: 48_000, channels: 2, durationSeconds: 5.02 }
const probe: MediaProbe = { container: 'mp4', durationSeconds: 5.02, video, audio }
const fine: Loudness = { integratedLufs: -16.4, truePeakDbtp: -2, loudnessRangeLu: 6 }

const verdictOf = (check: string, changed: Partial<MediaProbe>, order: Partial<Ordered> = {}) =>
  inspector.judgeTake(standard, { ...ordered, ...order }, { ...probe, ...changed }).find((verdict) => verdict.check === check)

describe('a take against its order', () => {
  test('as ordered, all pass', () => {
    expect(inspector.judgeTake(standard, ordered, probe).map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      'decodes pass',
      'duration pass',
      'size pass',
      'fps pass',
      'av_mismatch pass',
    ])
  })

  test('what was not ordered is not checked', () => {
    const nothing: Ordered = { durationSeconds: null, width: null, height: null, fps: null, audible: false }
    expect(inspector.judgeTake(standard, nothing, { ...probe, video: null }).map(({ check }) => check)).toEqual(['decodes'])
  })

  test('a missing stream fails to decode; what cannot be measured for it is unknown', () => {
    const verdicts = inspector.judgeTake(standard, ordered, { ...probe, video: null })
    expect(verdicts.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      'decodes fail',
      'duration pass',
      'size unknown',
      'fps unknown',
    ])
    expect(verdicts[0]).toMatchObject({
      value: 1,
      unit: 'count',
      threshold: 0,
      detail: 'the file is not whole: there is no picture in it.',
    })
    expect(verdictOf('decodes', { audio: null })?.detail).toContain('no sound')
    expect(verdictOf('decodes', { audio: null }, { audible: false })?.verdict).toBe('pass')
  })

  test.each([
    [150, 'pass'],
    [148, 'pass'],
    [146, 'fail'],
    [null, 'pass'],
  ])('with %j of 150 frames: %s', (frames, verdict) => {
    expect(verdictOf('decodes', { video: { ...video, frames } })?.verdict).toBe(verdict)
  })

  test.each([
    [5, 5.25, 'pass'],
    [5, 4.75, 'pass'],
    [5, 5.26, 'fail'],
    [20, 21, 'pass'],
    [20, 18.9, 'fail'],
  ])('%f s ordered, %f s delivered: %s', (durationSeconds, delivered, verdict) => {
    const found = verdictOf('duration', { durationSeconds: delivered }, { durationSeconds })
    expect(found?.verdict).toBe(verdict)
    expect(found?.value).toBeCloseTo(Math.abs(delivered - durationSeconds), 3)
  })

  test.each([
    [1280, 704, 'pass'],
    [1280, 703, 'fail'],
    [1920, 1080, 'fail'],
  ])('%ix%i for 1280x720: %s', (width, height, verdict) => {
    expect(verdictOf('size', { video: { ...video, width, height } })?.verdict).toBe(verdict)
  })

  test.each([
    [29.97, 'pass'],
    [30.3, 'pass'],
    [25, 'fail'],
  ])('%f fps for 30: %s', (fps, verdict) => {
    expect(verdictOf('fps', { video: { ...video, fps, frames: null } })?.verdict).toBe(verdict)
  })

  test.each([
    [5.15, 'pass'],
    [5.16, 'fail'],
    [4.5, 'fail'],
  ])('sound of %f s to a picture of 5 s: %s', (durationSeconds, verdict) => {
    expect(verdictOf('av_mismatch', { audio: { ...audio, durationSeconds } })?.verdict).toBe(verdict)
  })

  test('the profile decides what a fault means', () => {
    const long = { ...probe, durationSeconds: 9 }
    expect(inspector.judgeTake(withRule('duration', 'warn'), ordered, long)[1]).toMatchObject({ check: 'duration', verdict: 'warn' })
    expect(inspector.judgeTake(withRule('duration', 'off'), ordered, long).map(({ check }) => check)).not.toContain('duration')
  })
})

describe('when its packets are due', () => {
  const packets = (seconds: readonly number[], key = (n: number) => n % 30 === 0) => seconds.map((at, n) => ({ seconds: at, key: key(n) }))
  const even = (count: number, rate: number) => Array.from({ length: count }, (_, n) => n / rate)
  const pictures = even(150, 30)
  const AAC = 1_024 / 48_000
  const sounds = Array.from({ length: 234 }, (_, n) => n * AAC)
  const timed = (times: { pictures?: readonly number[]; sounds?: readonly number[] }, key?: (n: number) => boolean) => ({
    video: { ...video, packets: packets(times.pictures ?? pictures, key) },
    audio: { ...audio, packetSeconds: AAC, packets: packets(times.sounds ?? sounds, () => true) },
  })

  test('evenly, all is well', () => {
    for (const check of ['timestamps', 'variable_fps', 'keyframe_start', 'av_drift'])
      expect(verdictOf(check, timed({})), check).toMatchObject({ verdict: 'pass', value: 0 })
  })

  test('what was not read is not spoken of', () => {
    for (const check of ['timestamps', 'variable_fps', 'keyframe_start', 'av_drift', 'hdr'])
      expect(verdictOf(check, {}), check).toBeUndefined()
  })

  test.each([
    [0.25, 'pass'],
    [0.26, 'warn'],
  ])('a picture that comes %f s late: %s', (late, verdict) => {
    const found = verdictOf('timestamps', timed({ pictures: pictures.map((at, n) => (n < 60 ? at : at + late)) }))
    expect(found).toMatchObject({ verdict, value: late, range: { startSeconds: 59 / 30 } })
  })

  test('pictures lie in the file in the order they are decoded', () => {
    const decoded = pictures.map((_, n) => pictures[n % 3 === 1 ? n + 1 : n % 3 === 2 ? n - 1 : n] ?? 0)
    expect(verdictOf('timestamps', timed({ pictures: decoded }))).toMatchObject({ verdict: 'pass', value: 0 })
  })

  test('a sound that goes back', () => {
    const back = sounds.map((at, n) => (n < 100 ? at : at - 1))
    expect(verdictOf('timestamps', timed({ sounds: back }))).toMatchObject({ verdict: 'warn', value: 0.979 })
  })

  test.each([
    [0.04, 'pass'],
    [0.07, 'warn'],
  ])('with %f of the pictures shown half as long again: %s', (share, verdict) => {
    let at = 0
    const uneven = pictures.map((_, n) => {
      const time = at
      at += n < 150 * share ? 0.05 : 1 / 30
      return time
    })
    expect(verdictOf('variable_fps', timed({ pictures: uneven }))?.verdict).toBe(verdict)
  })

  test('times in whole milliseconds are even', () => {
    const rounded = even(600, 60).map((at) => Math.round(at * 1_000) / 1_000)
    expect(verdictOf('variable_fps', timed({ pictures: rounded }))?.value).toBe(0)
  })

  test('a picture that begins in the middle of a group', () => {
    expect(
      verdictOf(
        'keyframe_start',
        timed({}, (n) => n === 12),
      ),
    ).toMatchObject({ verdict: 'fail', value: 0.4 })
    expect(
      verdictOf(
        'keyframe_start',
        timed({}, () => false),
      ),
    ).toMatchObject({ verdict: 'fail', value: 5 })
  })

  test.each([
    [1.015, 'pass', 0.075],
    [1.022, 'fail', 0.109],
    [0.97, 'fail', 0.149],
  ])('a clock that goes %f as fast: %s', (speed, verdict, value) => {
    expect(verdictOf('av_drift', timed({ sounds: sounds.map((at) => at * speed) }))).toMatchObject({ verdict, value })
  })

  test('a sound whose packets have no fixed length cannot drift from it', () => {
    const { audio: known, ...rest } = timed({})
    expect(verdictOf('av_drift', { ...rest, audio: { ...known, packetSeconds: null } })).toBeUndefined()
  })

  test.each(['pq', 'hlg'] as const)('%s is told, and is no picture for a strict profile', (transfer) => {
    const hdr = { ...probe, video: { ...video, transfer } }
    const verdictUnder = (profile: QualityProfile) =>
      inspector.judgeTake(profile, ordered, hdr).find(({ check }) => check === 'hdr')?.verdict
    expect([verdictUnder(standard), verdictUnder(profiles.strict)]).toEqual(['warn', 'fail'])
    expect(verdictOf('hdr', { video: { ...video, transfer: 'sdr' } })?.verdict).toBe('pass')
  })
})

describe('the asset against what was promised', () => {
  const judged = (check: string, changed: Partial<MediaProbe>, loudness: Partial<Loudness> | null = fine, profile = standard) =>
    inspector
      .judgeAsset(profile, ordered, { ...probe, ...changed }, loudness && { ...fine, ...loudness })
      .find((verdict) => verdict.check === check)

  test('is held to its own timeline', () => {
    expect(judged('duration', { durationSeconds: 5.1 })?.verdict).toBe('pass')
    expect(judged('duration', { durationSeconds: 5.11 })?.verdict).toBe('fail')
    expect(judged('size', { video: { ...video, height: 719 } })?.verdict).toBe('fail')
  })

  test.each([
    [-16, -2, 'pass'],
    [-17, -1, 'pass'],
    [-15, -3, 'pass'],
    [-17.2, -6, 'warn'],
    [-13, -2, 'warn'],
    [-12.9, -2, 'fail'],
    [-19.1, -6, 'fail'],
    // Its peaks leave no room to be louder.
    [-21, -2, 'warn'],
    [null, null, 'unknown'],
  ])('%j LUFS with peaks of %j dBTP: %s', (integratedLufs, truePeakDbtp, verdict) => {
    expect(judged('loudness', {}, { integratedLufs, truePeakDbtp })?.verdict).toBe(verdict)
  })

  test.each([
    [-1, 'pass'],
    [-0.5, 'warn'],
    [0.4, 'fail'],
    [null, 'unknown'],
  ])('true peaks of %j dBTP: %s', (truePeakDbtp, verdict) => {
    expect(judged('true_peak', {}, { truePeakDbtp })).toMatchObject({ verdict, value: truePeakDbtp, unit: 'dBTP', threshold: -1 })
    // The loudness is another matter.
    expect(judged('loudness', {}, { truePeakDbtp })?.verdict).toBe('pass')
  })

  test.each([
    [18, 'pass'],
    [18.1, 'warn'],
    [null, 'unknown'],
  ])('a loudness range of %j LU: %s', (loudnessRangeLu, verdict) => {
    expect(judged('loudness_range', {}, { loudnessRangeLu })).toMatchObject({ verdict, value: loudnessRangeLu, unit: 'LU' })
  })

  test('a profile has its own target and limits', () => {
    const own = { ...standard, thresholds: { loudness: -14, true_peak: -2, loudness_range: 5 } }
    expect(judged('loudness', {}, { integratedLufs: -14.5 }, own)).toMatchObject({ verdict: 'pass', threshold: -14 })
    expect(judged('loudness', {}, { integratedLufs: -16 }, own)?.verdict).toBe('warn')
    expect(judged('true_peak', {}, { truePeakDbtp: -1.5 }, own)?.verdict).toBe('warn')
    expect(judged('loudness_range', {}, fine, own)?.verdict).toBe('warn')
  })

  test('a profile that fails on loudness fails on all of it', () => {
    expect(judged('loudness', {}, { integratedLufs: -17.2, truePeakDbtp: -6 }, withRule('loudness', 'fail'))?.verdict).toBe('fail')
    expect(judged('loudness', {}, { integratedLufs: -30, truePeakDbtp: -6 }, withRule('loudness', 'warn'))?.verdict).toBe('warn')
  })

  test('loudness that was not measured is unknown where there must be sound, and not spoken of where not', () => {
    expect(judged('loudness', {}, null)?.verdict).toBe('unknown')
    expect(inspector.judgeAsset(standard, { ...ordered, audible: false }, probe, null).map(({ check }) => check)).not.toContain('loudness')
  })
})

describe('normalising', () => {
  test.each([
    // loudness, peak, target, gain, verdict
    [-16.9, -3, -16, 0, 'pass'],
    [-15.1, -3, -16, 0, 'pass'],
    [-22, -9, -16, 6, 'repaired'],
    [-10, -0.2, -16, -6, 'repaired'],
    // Peaks allow 2.5 dB of the 6 dB.
    [-22, -4, -16, 2.5, 'warn'],
    // Peaks allow nothing; a quiet sound is not made quieter.
    [-22, -0.5, -16, 0, 'warn'],
    [-24.5, -10, -24, 0, 'pass'],
    [-14, -1, -24, -10, 'repaired'],
    [-22, null, -16, 6, 'repaired'],
    [null, null, -16, 0, 'unknown'],
    [null, -30, -16, 0, 'unknown'],
  ])('%j LUFS, %j dBTP towards %i: %f dB, %s', (integratedLufs, truePeakDbtp, target, gainDb, verdict) => {
    const normalised = inspector.normalise(standard, { ...fine, integratedLufs, truePeakDbtp }, target)
    expect(normalised.gainDb).toBeCloseTo(gainDb, 6)
    expect(normalised.verdict).toMatchObject({ check: 'loudness', unit: 'LUFS', threshold: target, verdict })
  })

  test('the verdict of a repair is measured on what flows on', () => {
    const { verdict } = inspector.normalise(standard, { ...fine, integratedLufs: -22, truePeakDbtp: -9 }, -16)
    expect(verdict.value).toBe(-16)
    expect(verdict.detail).toContain('-22.0 LUFS')
    expect(verdict.detail).toContain('6.0 dB')
  })

  test('a profile without repair leaves the sound alone', () => {
    const quiet = { ...fine, integratedLufs: -22, truePeakDbtp: -9 }
    expect(inspector.normalise(withRule('loudness', 'warn'), quiet, -16)).toMatchObject({ gainDb: 0, verdict: { verdict: 'warn' } })
    expect(inspector.normalise(withRule('loudness', 'fail'), quiet, -16)).toMatchObject({ gainDb: 0, verdict: { verdict: 'fail' } })
    expect(inspector.normalise(withRule('loudness', 'off'), quiet, -16)).toMatchObject({ gainDb: 0, verdict: { verdict: 'warn' } })
  })
})
