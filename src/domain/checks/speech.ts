import type { Check } from './check.ts'

/** What is said, held against the script. */
export const speechChecks = {} as const satisfies Record<string, Check>
