import type { CheckRule } from '../verdict.ts'

/** The built-in profiles, each named in the row of every check. */
export type BuiltInProfile = 'draft' | 'standard' | 'strict' | 'audio-only'

/** What is known of a check wherever it is named: API, report, Studio, documentation, profiles. */
export interface Check {
  /** For a person, e.g. `Loudness`. */
  title: string
  /** What is measured, in a sentence, as the module that measures it defines it. */
  definition: string
  /** `s`, `LUFS`, `LU`, `dBTP`, `dB`, `fps`, `px`, `ratio` (0 to 1), `words`, `count`. */
  unit: string
  /** In the unit; where a profile names no other. */
  threshold: number
  /** Which side of the threshold is a fault. */
  faultIs: 'above' | 'below'
  /** `file`: the take as delivered; `sound`: a voice, music or the mix; `picture`; `speech`: what is said; `guard`: what nobody shall see. */
  about: 'file' | 'sound' | 'picture' | 'speech' | 'guard'
  /**
   * `request`: judged before anything is ordered; `segment`: before each segment is let out; `take`: as soon as the take is there,
   * before any of it is; `asset`: the whole, at the end.
   */
  judged: 'request' | 'segment' | 'take' | 'asset'
  rules: Readonly<Record<BuiltInProfile, CheckRule>>
}

/** Rules in the order draft, standard, strict, audio-only. */
export function rules(draft: CheckRule, standard: CheckRule, strict: CheckRule, audioOnly: CheckRule): Check['rules'] {
  return { draft, standard, strict, 'audio-only': audioOnly }
}
