import type { QualityProfile } from './verdict.ts'

const file = { decodes: 'fail', duration: 'fail', size: 'fail', fps: 'fail', av_mismatch: 'fail' } as const

/** The built-in gate profiles. A changed rule is a new version; reports name the version they were judged by. */
export const profiles = {
  draft: {
    name: 'draft',
    version: 1,
    unknown: 'pass',
    rules: { ...file, black: 'warn', freeze: 'warn', silence: 'warn', loudness: 'repair', clipping: 'warn' },
  },
  standard: {
    name: 'standard',
    version: 1,
    unknown: 'warn',
    rules: { ...file, black: 'fail', freeze: 'warn', silence: 'fail', loudness: 'repair', clipping: 'fail' },
  },
  strict: {
    name: 'strict',
    version: 1,
    unknown: 'fail',
    rules: { ...file, black: 'fail', freeze: 'fail', silence: 'fail', loudness: 'repair', clipping: 'fail' },
  },
} as const satisfies Record<string, QualityProfile>

export type ProfileName = keyof typeof profiles
