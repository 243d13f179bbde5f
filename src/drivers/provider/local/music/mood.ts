/** Semitones above the key's root, one chord a bar. The first chord is home, where the piece ends. */
type Progression = readonly (readonly number[])[]

export interface Mood {
  name: string
  beatsPerMinute: number
  /** Lowest root of the key, as MIDI note. */
  root: number
  progressions: readonly Progression[]
  /** How much each part is heard, 0 to 1. */
  parts: { pad: number; pluck: number; bass: number; pulse: number }
  /** Brightness of the pad, 0 (only the fundamental) to 1. */
  brightness: number
}

const I = [0, 4, 7, 14]
const I7 = [0, 4, 7, 11]
const ii7 = [2, 5, 9, 12]
const iii7 = [4, 7, 11, 14]
const IV = [5, 9, 12, 16]
const IV7 = [5, 9, 12, 14]
const V = [7, 11, 14, 17]
const Vsus = [7, 12, 14, 19]
const vi = [9, 12, 16, 19]
const i = [0, 3, 7, 14]
const III = [3, 7, 10, 14]
const iv = [5, 8, 12, 15]
const VI = [8, 12, 15, 19]
const VII = [10, 14, 17, 21]

const moods: readonly Mood[] = [
  {
    name: 'calm',
    beatsPerMinute: 76,
    root: 48,
    brightness: 0.35,
    parts: { pad: 1, pluck: 0.55, bass: 0.6, pulse: 0 },
    progressions: [
      [I7, vi, IV7, Vsus],
      [I, iii7, IV7, IV],
      [I7, ii7, IV7, I],
    ],
  },
  {
    name: 'bright',
    beatsPerMinute: 104,
    root: 50,
    brightness: 0.6,
    parts: { pad: 0.8, pluck: 1, bass: 0.9, pulse: 0.7 },
    progressions: [
      [I, V, vi, IV],
      [I, IV, vi, V],
      [I, iii7, IV, V],
    ],
  },
  {
    name: 'serious',
    beatsPerMinute: 84,
    root: 45,
    brightness: 0.3,
    parts: { pad: 1, pluck: 0.5, bass: 0.85, pulse: 0.3 },
    progressions: [
      [i, VI, III, VII],
      [i, iv, VI, VII],
      [i, VII, VI, iv],
    ],
  },
  {
    name: 'hopeful',
    beatsPerMinute: 92,
    root: 47,
    brightness: 0.5,
    parts: { pad: 0.9, pluck: 0.85, bass: 0.8, pulse: 0.45 },
    progressions: [
      [I, Vsus, vi, IV],
      [vi, IV, I, Vsus],
      [IV, I, Vsus, vi],
    ],
  },
  {
    name: 'tense',
    beatsPerMinute: 96,
    root: 43,
    brightness: 0.45,
    parts: { pad: 0.9, pluck: 0.7, bass: 1, pulse: 0.6 },
    progressions: [
      [i, i, VI, VII],
      [i, iv, i, VI],
    ],
  },
]

const words: Record<string, RegExp> = {
  calm: /calm|quiet|gentle|soft|slow|sleep|ambient|peace|relax|nature|sea|ocean|forest|rain|meditat/i,
  bright: /bright|happy|upbeat|fun|energetic|dance|pop|cheer|party|summer|play|fast|win|sport/i,
  serious: /serious|sad|dark|loss|war|death|crisis|disaster|solemn|melanchol|mourn|court|crime/i,
  tense: /tense|suspense|thriller|danger|warning|urgent|risk|storm|threat|conflict|action/i,
  hopeful: /hope|inspir|uplift|progress|future|science|technology|news|growth|record|energy|cinematic/i,
}

/** The mood whose words the prompt uses most; `hopeful` when it uses none. */
export function moodOf(prompt: string): Mood {
  const score = (mood: Mood): number => prompt.match(new RegExp(words[mood.name]?.source ?? '$^', 'gi'))?.length ?? 0
  const best = moods.reduce((a, b) => (score(b) > score(a) ? b : a))
  return score(best) > 0 ? best : (moods.find((mood) => mood.name === 'hopeful') as Mood)
}
