import { type Check, rules } from './check.ts'

/**
 * What nobody shall be asked for, or see. The score is the highest that any moderator gives any of its categories, 0 to 1; an entry
 * of the tenant's block list scores 1. A category that the moderator itself flags is a fault whatever its score: vendors draw
 * their lines elsewhere, and for each category anew. The threshold only makes it stricter than they are.
 */
export const guardChecks = {
  prompt: {
    title: 'Prompt',
    definition:
      'The highest score that a moderator gives what is asked for; a category it flags, or an entry of the block list, is a fault.',
    unit: 'ratio',
    threshold: 0.8,
    faultIs: 'above',
    about: 'guard',
    judged: 'request',
    rules: rules('warn', 'fail', 'fail', 'fail'),
  },
  pictures: {
    title: 'Pictures nobody shall see',
    definition: 'The highest score that a moderator gives one of two pictures a second; a category it flags is a fault.',
    unit: 'ratio',
    threshold: 0.8,
    faultIs: 'above',
    about: 'guard',
    judged: 'segment',
    rules: rules('warn', 'fail', 'fail', 'off'),
  },
  screen_text: {
    title: 'Text in the picture',
    definition:
      'The highest score that a moderator gives what can be read in the picture, at most once in two seconds; a category it flags, or an entry of the block list, is a fault.',
    unit: 'ratio',
    threshold: 0.8,
    faultIs: 'above',
    about: 'guard',
    judged: 'segment',
    rules: rules('warn', 'fail', 'fail', 'off'),
  },
  transcript: {
    title: 'Words nobody shall hear',
    definition: 'The highest score that a moderator gives what was heard; a category it flags, or an entry of the block list, is a fault.',
    unit: 'ratio',
    threshold: 0.8,
    faultIs: 'above',
    about: 'guard',
    judged: 'take',
    rules: rules('warn', 'fail', 'fail', 'fail'),
  },
} as const satisfies Record<string, Check>
