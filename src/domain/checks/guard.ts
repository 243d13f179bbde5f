import type { Check } from './check.ts'

/** What nobody shall be asked for, or see. */
export const guardChecks = {} as const satisfies Record<string, Check>
