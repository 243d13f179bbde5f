import { expect, it } from 'vitest'
import { differencesBetween } from './judgement-difference.ts'
import type { Verdict } from './verdict.ts'

const verdict = (check: string, word: Verdict['verdict']): Verdict => ({
  check,
  verdict: word,
  value: 1,
  unit: 's',
  threshold: 1,
  detail: check,
})

it('are the checks whose worst verdict is another one, also where only one has judged them', () => {
  const before = [verdict('black', 'pass'), verdict('freeze', 'warn'), verdict('silence', 'pass'), verdict('size', 'pass')]
  const after = [
    verdict('black', 'pass'),
    verdict('freeze', 'pass'),
    verdict('freeze', 'fail'),
    verdict('silence', 'pass'),
    verdict('flash', 'warn'),
  ]
  expect(differencesBetween(before, after).map(({ check, before, after }) => [check, before?.verdict, after?.verdict])).toEqual([
    ['flash', undefined, 'warn'],
    ['freeze', 'warn', 'fail'],
    ['size', 'pass', undefined],
  ])
  expect(differencesBetween(before, before)).toEqual([])
})
