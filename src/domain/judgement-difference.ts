import type { Verdict } from './verdict.ts'

/** What another profile says of a check, where it is not the same. */
export interface Difference {
  check: string
  /** The worst of each; `null`: it was not judged. */
  before: Verdict | null
  after: Verdict | null
}

/** Worst first. */
const order: Verdict['verdict'][] = ['fail', 'unknown', 'warn', 'repaired', 'pass']

/** Checks whose worst verdict differs between two judgements, in the order of their names. */
export function differencesBetween(before: readonly Verdict[], after: readonly Verdict[]): Difference[] {
  const names = [...new Set([...before, ...after].map(({ check }) => check))].sort()
  return names
    .map((check) => ({ check, before: worstOf(before, check), after: worstOf(after, check) }))
    .filter(({ before, after }) => before?.verdict !== after?.verdict)
}

function worstOf(verdicts: readonly Verdict[], check: string): Verdict | null {
  const all = verdicts.filter((verdict) => verdict.check === check)
  return all.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0] ?? null
}
