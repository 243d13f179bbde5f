import { describe, expect, it } from 'vitest'
import { type Outcome, outcomeCharge, outcomeInput, outcomeTitle } from './outcome-words.ts'

const outcome = (part: Partial<Outcome>): Outcome => ({ class: 'internal', detail: 'So it is.', retry: 'never', charged: 'no', ...part })

describe('an outcome in words', () => {
  it('is named by the problem where the class alone says too little', () => {
    expect(outcomeTitle(outcome({ code: 'storage_full' }))).toBe('There is no space left for the files')
    expect(outcomeTitle(outcome({ class: 'billing', code: 'budget_exceeded' }))).toBe('The budget does not allow it')
    expect(outcomeTitle(outcome({ code: 'of_a_newer_version' }))).toBe('Something went wrong inside Sluice')
    expect(outcomeTitle(outcome({ class: 'cancelled', code: 'job_cancelled' }))).toBe('Cancelled')
    expect(outcomeTitle(outcome({ class: 'quality' }))).toBe('The result did not pass its checks')
  })

  it('says what became of the money, and which input it was', () => {
    expect(outcomeCharge(outcome({ charged: 'yes', amountMicroUsd: 600_000 }))).toBe('$0.60 was charged.')
    expect(outcomeCharge(outcome({ charged: 'unknown' }))).toMatch(/not known/)
    expect(outcomeCharge(outcome({ charged: 'yes', amountMicroUsd: 0 }))).toBe('Nothing was charged.')
    expect(outcomeInput(outcome({ field: 'imageUrl' }))).toBe('the picture to begin with')
    expect(outcomeInput(outcome({ field: 'keyframes.2' }))).toBe('keyframes.2')
    expect(outcomeInput(outcome({}))).toBeNull()
  })
})
