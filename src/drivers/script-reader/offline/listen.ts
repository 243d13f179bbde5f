import type { TimeRange } from '../../../domain/verdict.ts'
import { alongTheScript } from './along-the-script.ts'
import type { Hearing } from './assign.ts'
import { closelyWhereItDiffers } from './closely.ts'
import { credible } from './credible.ts'
import type { Phrase } from './grammar.ts'
import type { Recogniser } from './recogniser.ts'

/** A recording and what should be heard in it. */
export interface Listening {
  recogniser: Recogniser
  /** 16 kHz mono. */
  samples: Float32Array
  pauses: readonly TimeRange[]
  phrases: readonly Phrase[]
}

/** Hears a recording against its phrases: first along the script, then once more and closely where it differs from it. */
export function listen(listening: Listening): Hearing {
  const first = credible(alongTheScript(listening), listening.pauses)
  return credible(closelyWhereItDiffers(listening, first), listening.pauses)
}
