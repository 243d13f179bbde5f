import { type Check, rules } from './check.ts'

/** What can be heard, whatever it says. */
export const soundChecks = {
  silence: {
    title: 'Silence',
    definition: 'The longest time in which nothing can be heard: both channels below -50 dBFS RMS in windows of 20 ms.',
    unit: 's',
    threshold: 2.5,
    faultIs: 'above',
    about: 'sound',
    judged: 'segment',
    rules: rules('warn', 'repair', 'repair', 'repair'),
  },
  clipping: {
    title: 'Clipping',
    definition: 'The most flattened peaks (3 full-scale samples in a row) within any second.',
    unit: 'count',
    threshold: 10,
    faultIs: 'above',
    about: 'sound',
    judged: 'segment',
    rules: rules('warn', 'fail', 'fail', 'fail'),
  },
  loudness: {
    title: 'Loudness',
    definition: 'Integrated loudness (EBU R128) within 1 LU of the target, and no true peak above -1 dBTP.',
    unit: 'LUFS',
    threshold: -16,
    faultIs: 'above',
    about: 'sound',
    judged: 'asset',
    rules: rules('repair', 'repair', 'repair', 'repair'),
  },
} as const satisfies Record<string, Check>
