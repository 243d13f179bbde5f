import { type Check, rules } from './check.ts'

/** What can be seen, whatever it shows. */
export const pictureChecks = {
  black: {
    title: 'Black picture',
    definition: 'The longest time without a picture: 98 % of the pixels below 10 % of the range.',
    unit: 's',
    threshold: 0.5,
    faultIs: 'above',
    about: 'picture',
    judged: 'segment',
    rules: rules('warn', 'repair', 'repair', 'off'),
  },
  freeze: {
    title: 'Frozen picture',
    definition: 'The longest time in which the picture stands still: mean difference from its first frame at most -60 dB.',
    unit: 's',
    threshold: 2,
    faultIs: 'above',
    about: 'picture',
    judged: 'segment',
    rules: rules('warn', 'warn', 'fail', 'off'),
  },
} as const satisfies Record<string, Check>
