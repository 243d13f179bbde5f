import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiles } from '../../src/domain/profiles.ts'
import type { Verdict } from '../../src/domain/verdict.ts'
import { createInspector } from '../../src/quality/inspector.ts'
import * as damage from './faults/sound/damage.ts'
import { deliver } from './faults/sound/deliver.ts'
import { mixed, music, type Sound, voices } from './faults/sound/sources.ts'
import type { SoundPiece } from './faults/sound.ts'
import { ffmpeg, media, unaborted, workFolder } from './helpers/masters.ts'

// A few pieces of the test set, from the file a provider sends to the verdict; all of them are measured by `bench:quality`.

let work: Awaited<ReturnType<typeof workFolder>>
let voice: Sound
let tune: Sound
beforeAll(async () => {
  work = await workFolder('sound-checks')
  voice = (await voices(4, 1))[0] as Sound
  tune = (await music(4, 5))[1] as Sound
})
afterAll(() => work.remove())

async function heard(sound: SoundPiece['sound'], samples: Sound, container: SoundPiece['container']): Promise<Verdict[]> {
  const { pcm, durationSeconds } = await deliver({ name: 'piece', sound, container, samples, faults: [], either: [] }, work.folder)
  const inspection = createInspector().inspect(profiles.strict, { startSeconds: 0, durationSeconds, fps: null, audible: true, sound })
  inspection.sound(0, pcm)
  return inspection.end()
}

const wrong = (verdicts: Verdict[]) => verdicts.filter(({ verdict }) => verdict !== 'pass').map(({ check }) => check)

test.each(['wav', 'mp3', 'm4a'] as const)('a voice, music and both together pass every check as %s', async (container) => {
  for (const [sound, samples] of [
    ['speech', voice],
    ['music', tune],
    ['mix', mixed(voice, tune, -14)],
  ] as const)
    expect(wrong(await heard(sound, samples, container)), sound).toEqual([])
})

test.each<[string, SoundPiece['sound'], SoundPiece['container'], () => Sound, string[]]>([
  ['hiss', 'speech', 'mp3', () => damage.hissing(voice, -25, 1), ['noise']],
  ['hum', 'speech', 'm4a', () => damage.humming(voice, 50, -36), ['noise', 'hum']],
  ['a dropout', 'music', 'mp3', () => damage.without(tune, { startSeconds: 2, endSeconds: 2.06 }), ['dropout', 'clicks']],
  ['a click', 'music', 'wav', () => damage.clicking(tune, 2, 0.3, 1), ['clicks']],
  ['an offset', 'mix', 'wav', () => damage.offset(tune, 0.03), ['dc_offset']],
  ['a dead channel', 'music', 'm4a', () => damage.without(tune, { startSeconds: 0, endSeconds: 5 }, 1), ['dead_channel']],
  ['an inverted channel', 'speech', 'mp3', () => damage.inverted(voice), ['inverted_channel']],
  ['an end in the middle of a word', 'speech', 'm4a', () => damage.cutAt(voice, damage.heardMoment(voice, 1)), ['abrupt_end']],
  // One channel alone, which FFmpeg by itself would decode 3 dB below full scale.
  ['clipping', 'speech', 'wav', () => damage.clipped(voice, 12), ['clipping']],
])('%s is found, with what comes of it and nothing else', async (_, sound, container, samples, found) => {
  expect(wrong(await heard(sound, samples(), container))).toEqual(found)
})

describe('the figures agree with', () => {
  test("FFmpeg's astats, in the offset", async () => {
    const file = work.path('offset.wav')
    await ffmpeg('-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(880*PI*t)+0.04|0.2*sin(660*PI*t)-0.02:s=48000:d=3', file)
    const { stderr } = await ffmpeg('-v', 'info', '-i', file, '-af', 'astats=measure_overall=none', '-f', 'null', '-')
    const theirs = Math.max(...[...stderr.matchAll(/DC offset: (-?[\d.]+)/g)].map(([, offset]) => Math.abs(Number(offset))))
    const pcmPath = work.path('offset.pcm')
    await media.decodeAudio({ input: file, pcmPath, signal: unaborted })
    const { stdout } = await ffmpeg('-f', 's16le', '-ar', '48000', '-ac', '2', '-i', pcmPath, '-f', 's16le', 'pipe:1')
    const inspection = createInspector().inspect(profiles.strict, { startSeconds: 0, fps: null, audible: true, sound: 'effect' })
    inspection.sound(0, new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length / 2))
    const ours = inspection.end().find(({ check }) => check === 'dc_offset')?.value
    expect(theirs).toBeCloseTo(0.04, 3)
    expect(ours).toBeCloseTo(theirs, 3)
  })

  const measured = async (source: string) => {
    const file = work.path('signal.wav')
    await ffmpeg('-f', 'lavfi', '-i', source, '-c:a', 'pcm_s24le', file)
    return media.decodeAudio({ input: file, pcmPath: work.path('signal.pcm'), signal: unaborted })
  }
  const sines = (hertz: number, peak: string, seconds: number, phase = 0) => {
    const sine = `${peak}*min(1,min(t,${seconds}-t)/0.1)*sin(2*PI*${hertz}*t+${phase})`
    return `aevalsrc='${sine}|${sine}':s=48000:d=${seconds}`
  }

  test.each([
    // EBU Tech 3342, minimum requirements test signals 1 to 3: two tones of 20 s; a range of 10, 5 and 20 LU within 1 LU.
    [-20, -30, 10],
    [-20, -15, 5],
    [-40, -20, 20],
  ])('EBU Tech 3342, in the range of %i and %i dBFS: %i LU', async (first, second, range) => {
    const peak = `pow(10,if(lt(t,20),${first},${second})/20)`
    const { loudnessRangeLu } = await measured(sines(1000, peak, 40))
    expect(Math.abs((loudnessRangeLu ?? 0) - range)).toBeLessThanOrEqual(1)
  })

  test.each([
    // EBU Tech 3341, test signals 15 to 19: the peak lies between the samples; +0.2 and -0.4 dB are allowed.
    [12_000, 0.5, 0, -6],
    [12_000, 0.5, Math.PI / 4, -6],
    [8_000, 0.5, Math.PI / 3, -6],
    [6_000, 0.5, (67.5 * Math.PI) / 180, -6],
    [12_000, 1.41, Math.PI / 4, 3],
  ])('EBU Tech 3341, in the true peak of %i Hz, %f high, at %f: %i dBTP', async (hertz, peak, phase, truePeak) => {
    const { truePeakDbtp } = await measured(sines(hertz, String(peak), 2, phase))
    expect((truePeakDbtp ?? 0) - truePeak).toBeLessThanOrEqual(0.25)
    expect((truePeakDbtp ?? 0) - truePeak).toBeGreaterThanOrEqual(-0.45)
  })
})
