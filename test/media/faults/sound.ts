import type { TimeRange } from '../../../src/domain/verdict.ts'
import type { InspectedStretch } from '../../../src/ports/inspector.ts'
import * as damage from './sound/damage.ts'
import { effects, laughter, mixed, music, type Sound, staccato, voices } from './sound/sources.ts'

/** A fault that was put in: which check is to find it, and where. Without a range it concerns the whole. */
export interface MadeFault {
  check: string
  range?: TimeRange
}

/** A sound with faults of known place and size, or with none. */
export interface SoundPiece {
  name: string
  /** What a check is told that it listens to. */
  sound: NonNullable<InspectedStretch['sound']>
  /** The file it comes as; 128 kbit/s where it is not PCM. */
  container: 'wav' | 'mp3' | 'm4a'
  samples: Sound
  /** Every check that must find something; all others that listen must not. */
  faults: MadeFault[]
  /** Checks that are right either way: what they measure is touched by what was put in for another. */
  either: string[]
  /** To be judged as a whole asset, brought to this loudness before; `null`: as it is. */
  asset?: { lufs: number | null }
}

type Made = Pick<SoundPiece, 'name' | 'sound' | 'samples'> & Partial<SoundPiece>
interface Sources {
  seed: number
  said: Sound[]
  played: Sound[]
  heard: { name: string; sound: Sound }[]
  mixes: Sound[]
}

/**
 * Real speech, music, effects and mixes with faults, and clean ones that are hard to tell from faults. The same seed gives
 * the same samples; another one other texts, voices, tunes and places.
 */
export async function soundPieces(seed: number): Promise<SoundPiece[]> {
  const said = await voices(seed, 8)
  const played = await music(seed, 8)
  const mixes = said.slice(0, 4).map((voice, n) => mixed(voice, played[n] as Sound, -14))
  const sources = { seed, said, played, heard: effects(seed, 4), mixes }
  const made = makers.flatMap((make) => make(sources))
  const containers = ['wav', 'mp3', 'm4a'] as const
  return made.map((piece, n) => {
    const container = piece.container ?? containers[n % containers.length] ?? 'wav'
    return { faults: [], either: [], ...piece, container, name: `${piece.name} (${piece.sound}, ${container})` }
  })
}

const makers: ((sources: Sources) => Made[])[] = [
  clean,
  hard,
  silences,
  clipping,
  dropouts,
  noise,
  hum,
  offsets,
  deadChannels,
  invertedChannels,
  clicks,
  abruptEnds,
  masters,
]

const at = (list: Sound[], n: number): Sound => list[n % list.length] as Sound
const around = (seconds: number, lengthSeconds: number): TimeRange => ({ startSeconds: seconds, endSeconds: seconds + lengthSeconds })

function clean({ said, played, heard, mixes }: Sources): Made[] {
  return [
    ...said.map((samples, n): Made => ({ name: `voice ${n}`, sound: 'speech', samples })),
    ...played.map((samples, n): Made => ({ name: `music ${n}`, sound: 'music', samples })),
    ...heard.map(({ name, sound: samples }): Made => ({ name, sound: 'effect', samples })),
    ...mixes.map((samples, n): Made => ({ name: `music under speech ${n}`, sound: 'mix', samples })),
  ]
}

/** Nothing is wrong with any of these. */
function hard({ seed, said, played, mixes }: Sources): Made[] {
  return [
    { name: 'a quiet passage', sound: 'music', samples: damage.stepped(at(played, 1), -18, 2.5) },
    { name: 'a quiet passage', sound: 'mix', samples: damage.stepped(at(mixes, 1), -18, 2.2) },
    { name: 'laughter', sound: 'effect', samples: laughter(seed, 5) },
    { name: 'laughter among speech', sound: 'mix', samples: mixed(at(said, 0), damage.stereo(laughter(seed + 1, 8)), -3) },
    { name: 'short notes', sound: 'music', samples: staccato(seed, 6, 0.03) },
    { name: 'very short notes', sound: 'music', samples: staccato(seed + 1, 6, 0.01) },
    { name: 'a long fade-out', sound: 'music', samples: damage.fadedOut(at(played, 2), 4) },
    { name: 'a short fade-out', sound: 'music', samples: damage.fadedOut(damage.cutAt(at(played, 3), 5), 0.4) },
    { name: 'a fade-out', sound: 'mix', samples: damage.fadedOut(damage.cutAt(at(mixes, 2), 4), 1) },
    { name: 'wide music', sound: 'music', samples: damage.widened(at(played, 0), 4) },
    { name: 'wide music', sound: 'music', samples: damage.widened(at(played, 4), 4) },
    { name: 'a voice before two microphones', sound: 'speech', samples: damage.delayedRight(at(said, 1), 0.0004) },
    { name: 'an echo from the right', sound: 'speech', samples: damage.delayedRight(at(said, 2), 0.011) },
    { name: 'left and right by turns', sound: 'music', samples: damage.pingPong(staccato(seed + 2, 6, 0.03), 0.5) },
    { name: 'a long pause', sound: 'speech', samples: damage.paused(at(said, 3), 0, 1.2) },
    { name: 'a long pause', sound: 'speech', samples: damage.paused(at(said, 4), damage.secondsOf(at(said, 4)), 2) },
    { name: 'a room behind the voice', sound: 'speech', samples: damage.hissing(at(said, 5), -50, seed, true) },
    { name: 'a little hiss', sound: 'speech', samples: damage.hissing(at(said, 6), -48, seed) },
    { name: 'a hum nobody hears', sound: 'speech', samples: damage.humming(at(said, 7), 50, -60) },
    { name: 'an offset of 0.2 %', sound: 'music', container: 'wav', samples: damage.offset(at(played, 1), 0.002) },
    { name: 'loud, rounded off', sound: 'music', samples: damage.limited(at(played, 2), 6) },
    { name: 'loud, rounded off', sound: 'speech', samples: damage.limited(at(said, 1), 6) },
    { name: 'peaks at full scale', sound: 'speech', container: 'wav', samples: damage.peakAt(at(said, 2), 0) },
    { name: 'peaks at full scale', sound: 'music', container: 'wav', samples: damage.peakAt(at(played, 0), 0) },
    { name: 'a quiet voice', sound: 'speech', samples: damage.gain(at(said, 3), -14) },
    { name: 'trimmed to what is heard', sound: 'speech', samples: trimmed(at(said, 0)) },
    { name: 'trimmed to what is heard', sound: 'speech', samples: trimmed(at(said, 5)) },
  ]
}

/** Without the silence before and after it: from the first to the last 10 ms above -40 dBFS. */
function trimmed(sound: Sound): Sound {
  const [first = new Float32Array()] = sound.channels
  const block = Math.round(sound.sampleRate / 100)
  let end = first.length
  while (end > block && first.subarray(end - block, end).every((sample) => Math.abs(sample) < 0.01)) end -= block
  return damage.cutAt(sound, end / sound.sampleRate)
}

function silences({ said, played, mixes }: Sources): Made[] {
  const hole = (name: string, sound: SoundPiece['sound'], samples: Sound, range: TimeRange): Made => ({
    name,
    sound,
    samples,
    faults: [{ check: 'silence', range }],
    either: ['dropout', 'clicks', 'abrupt_end'],
  })
  const voice = at(said, 0)
  const end = damage.secondsOf(voice)
  return [
    hole('nothing for 3 s after the voice', 'speech', damage.paused(voice, end, 3), around(end, 3)),
    hole('nothing for 4 s before the voice', 'speech', damage.paused(at(said, 3), 0, 4), around(0, 4)),
    hole('nothing for 3 s', 'music', damage.without(at(played, 1), around(2, 3)), around(2, 3)),
    hole('nothing for 6 s', 'music', damage.without(at(played, 4), around(1, 6)), around(1, 6)),
    hole('nothing for 3 s', 'mix', damage.paused(at(mixes, 1), 2, 3), around(2, 3)),
    hole('nothing at all', 'music', damage.gain(at(played, 0), -70), around(0, 8)),
  ]
}

function clipping({ said, played, heard, mixes }: Sources): Made[] {
  const faults = [{ check: 'clipping' }]
  const over = (db: number, sound: SoundPiece['sound'], samples: Sound): Made => ({
    name: `clipped by ${db} dB`,
    sound,
    samples: damage.clipped(samples, db),
    faults,
    // Peaks that are cut off on one side alone move the mean.
    either: ['dc_offset'],
  })
  return [
    ...[8, 12, 16, 20].flatMap((db, n) => [
      over(db, 'speech', at(said, n)),
      over(db, 'music', at(played, n)),
      over(db, 'mix', at(mixes, n)),
    ]),
    over(9, 'effect', heard[1]?.sound as Sound),
    over(9, 'effect', heard[8]?.sound as Sound),
    { name: 'clipped by 12 dB, then made quieter', sound: 'speech', samples: damage.gain(damage.clipped(at(said, 5), 12), -3), faults },
    { name: 'clipped by 12 dB, then made quieter', sound: 'music', samples: damage.gain(damage.clipped(at(played, 4), 12), -3), faults },
  ]
}

function dropouts({ seed, said, played, mixes }: Sources): Made[] {
  const drop = (milliseconds: number, sound: SoundPiece['sound'], samples: Sound, salt: number, only?: number): Made => {
    const moment = damage.heardMoment(samples, seed * 31 + salt, milliseconds / 1000)
    const range = around(moment, milliseconds / 1000)
    return {
      name: `gone for ${milliseconds} ms${only === undefined ? '' : ' on one side'}`,
      sound,
      samples: damage.without(samples, range, only),
      faults: [{ check: 'dropout', range }],
      either: ['clicks'],
    }
  }
  return [15, 30, 60, 150, 400].flatMap((milliseconds, n) => [
    drop(milliseconds, 'speech', at(said, n), n),
    drop(milliseconds, 'speech', at(said, n + 5), n + 10),
    drop(milliseconds, 'music', at(played, n), n + 20),
    drop(milliseconds, 'music', at(played, n + 1), n + 30, n % 2),
    drop(milliseconds, 'mix', at(mixes, n), n + 40),
  ])
}

function noise({ seed, said }: Sources): Made[] {
  const under = (colour: string, db: number, samples: Sound): Made => ({
    name: `${colour} noise at ${db} dB`,
    sound: 'speech',
    samples,
    faults: [{ check: 'noise' }],
    // As loud as that, it hides an end.
    either: db > -20 ? ['abrupt_end'] : [],
  })
  return [-10, -18, -25, -30].flatMap((db, n) => [
    under('white', db, damage.hissing(at(said, n), db, seed + n)),
    under('white', db, damage.hissing(at(said, n + 4), db, seed + n)),
    under('pink', db, damage.hissing(at(said, n + 2), db, seed + n, true)),
  ])
}

function hum({ said }: Sources): Made[] {
  const under = (voice: Sound, hertz: 50 | 60, db: number, from: 'coil' | 'rectifier'): Made => ({
    name: `hum of a ${from}, ${hertz} Hz, at ${db} dB`,
    sound: 'speech',
    samples: damage.humming(voice, hertz, db, from),
    faults: [{ check: 'hum' }],
    either: ['noise', 'abrupt_end'],
  })
  return [-15, -22, -29, -36].flatMap((db, n) => [
    under(at(said, n), 50, db, 'coil'),
    under(at(said, n + 3), 60, db, 'coil'),
    ...(db < -25 ? [] : [under(at(said, n + 5), 50, db, 'rectifier'), under(at(said, n + 6), 60, db, 'rectifier')]),
  ])
}

function offsets({ said, played, heard, mixes }: Sources): Made[] {
  const off = (percent: number, sound: SoundPiece['sound'], samples: Sound): Made => ({
    name: `an offset of ${percent} %`,
    sound,
    // As PCM: encoders take an offset out.
    container: 'wav',
    samples: damage.offset(samples, percent / 100),
    faults: [{ check: 'dc_offset' }],
    either: ['abrupt_end', 'noise'],
  })
  return [2, 5, 10].flatMap((percent, n) => [
    off(percent, 'speech', at(said, n)),
    off(percent, 'music', at(played, n)),
    off(percent, 'mix', at(mixes, n)),
    off(percent, 'effect', heard[n]?.sound as Sound),
  ])
}

function deadChannels({ said, played, heard, mixes }: Sources): Made[] {
  const dead = (name: string, sound: SoundPiece['sound'], samples: Sound, from: number, only: number): Made => {
    const range = { startSeconds: from, endSeconds: damage.secondsOf(samples) }
    return {
      name,
      sound,
      samples: damage.without(damage.stereo(samples), range, only),
      faults: [{ check: 'dead_channel', range }],
      either: ['clicks', 'dropout'],
    }
  }
  return [
    dead('no right channel', 'speech', at(said, 0), 0, 1),
    dead('no left channel', 'speech', at(said, 3), 0, 0),
    dead('no right channel', 'music', at(played, 0), 0, 1),
    dead('no left channel', 'music', at(played, 3), 0, 0),
    dead('the right channel dies', 'music', at(played, 1), 3, 1),
    dead('the left channel dies', 'mix', at(mixes, 0), 1.5, 0),
    dead('no left channel', 'mix', at(mixes, 2), 0, 0),
    dead('no right channel', 'effect', heard[0]?.sound as Sound, 0, 1),
  ]
}

function invertedChannels({ seed, said, played, heard, mixes }: Sources): Made[] {
  const invert = (name: string, sound: SoundPiece['sound'], samples: Sound): Made => ({
    name,
    sound,
    samples,
    faults: [{ check: 'inverted_channel' }],
  })
  return [
    ...[0, 3, 6].map((n) => invert('one side inverted', 'speech', damage.inverted(at(said, n)))),
    invert('one side inverted, with hiss', 'speech', damage.hissing(damage.inverted(at(said, 2)), -40, seed)),
    ...[0, 1, 2, 4].map((n) => invert('one side inverted', 'music', damage.inverted(at(played, n)))),
    ...[0, 3].map((n) => invert('one side inverted', 'mix', damage.inverted(at(mixes, n)))),
    invert('one side inverted', 'effect', damage.inverted(heard[7]?.sound as Sound)),
    invert('one side inverted', 'effect', damage.inverted(heard[11]?.sound as Sound)),
  ]
}

function clicks({ seed, said, played }: Sources): Made[] {
  const click = (height: number, samples: number, sound: SoundPiece['sound'], from: Sound, salt: number): Made => {
    const moment = damage.heardMoment(from, seed * 17 + salt)
    return {
      name: `a click of ${samples} samples, ${height} high`,
      sound,
      samples: damage.clicking(from, moment, height, samples),
      faults: [{ check: 'clicks', range: around(moment, 0.001) }],
    }
  }
  const splice = (sound: SoundPiece['sound'], from: Sound, salt: number): Made => {
    const moment = damage.heardMoment(from, seed * 19 + salt)
    const cut = damage.spliced(from, moment, 0.137)
    return { name: 'a splice', sound, samples: cut.sound, faults: [{ check: 'clicks', range: around(cut.atSeconds, 0.001) }] }
  }
  return [
    ...[0.2, 0.4, 0.8].flatMap((height, n) => [
      click(height, 1, 'speech', at(said, n), n),
      click(height, 2, 'speech', at(said, n + 3), n + 10),
      click(height, 1, 'music', at(played, n), n + 20),
      click(height, 3, 'music', at(played, n + 2), n + 30),
    ]),
    ...[1, 4, 6].map((n) => splice('speech', at(said, n), n)),
    ...[0, 1, 3].map((n) => splice('music', at(played, n), n)),
  ]
}

function abruptEnds({ seed, said, played }: Sources): Made[] {
  const cut = (sound: SoundPiece['sound'], samples: Sound, salt: number): Made => {
    const moment = damage.heardMoment(samples, seed * 23 + salt)
    const range = { startSeconds: moment - 0.05, endSeconds: moment }
    return { name: 'cut off', sound, samples: damage.cutAt(samples, moment), faults: [{ check: 'abrupt_end', range }] }
  }
  return [...said.slice(0, 6).map((samples, n) => cut('speech', samples, n)), ...played.map((samples, n) => cut('music', samples, n + 10))]
}

/** Judged as whole assets: by their loudness, its range and their true peaks. */
function masters({ said, played, mixes }: Sources): Made[] {
  const at16 = (name: string, sound: SoundPiece['sound'], samples: Sound, more: Partial<Made> = {}): Made => ({
    ...{ name, sound, samples, either: ['true_peak'] },
    asset: { lufs: -16 },
    ...more,
  })
  const level = (lufs: number, sound: SoundPiece['sound'], samples: Sound): Made =>
    at16(`at ${lufs} LUFS`, sound, samples, {
      asset: { lufs },
      faults: Math.abs(lufs + 16) > 1 ? [{ check: 'loudness' }] : [],
    })
  const peaks = (name: string, sound: SoundPiece['sound'], samples: Sound): Made =>
    at16(name, sound, samples, { asset: { lufs: null }, faults: [{ check: 'true_peak' }], either: ['loudness', 'clipping'] })
  const below = (sound: SoundPiece['sound'], samples: Sound): Made =>
    at16('peaks at -2 dB', sound, samples, { asset: { lufs: null }, either: ['loudness'] })
  const turns = (db: number, from: [Sound, Sound, Sound]): Made =>
    at16(`${-db} dB quieter every 4 s`, 'mix', damage.stepped(damage.joined(...from), db, 4), {
      faults: db < -18 ? [{ check: 'loudness_range' }] : [],
    })
  return [
    ...[-30, -24, -20, -18].flatMap((lufs, n) => [level(lufs, 'speech', at(said, n)), level(lufs, 'music', at(played, n))]),
    ...[-13, -10].map((lufs, n) => level(lufs, 'music', damage.limited(at(played, n), 15))),
    ...[-16.6, -16, -15.4].map((lufs, n) => level(lufs, 'mix', at(mixes, n))),
    ...[0, 2].map((n) => peaks('peaks at full scale', 'music', damage.peakAt(at(played, n), 0))),
    ...[1, 4].map((n) => peaks('loud to the brim', 'music', damage.limited(at(played, n), 12))),
    peaks('peaks at full scale', 'mix', damage.peakAt(at(mixes, 3), 0)),
    ...[0, 2].map((n) => below('music', damage.peakAt(at(played, n), -2))),
    below('speech', damage.peakAt(at(said, 5), -2)),
    ...[-19.5, -21].flatMap((db) => [0, 2].map((n) => turns(db, [at(played, n), at(played, n + 1), at(played, n + 2)]))),
    ...[-8, -14].map((db) => turns(db, [at(played, 1), at(played, 2), at(played, 3)])),
  ]
}
