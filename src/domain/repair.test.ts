import { describe, expect, it } from 'vitest'
import { chanceOf, chooseRepair, type RepairOption, type RepairRecord } from './repair.ts'

const respeak: RepairOption = { action: 'respeak', costMicroUsd: 2_000, seconds: 3 }
const reseed: RepairOption = { action: 'reseed', costMicroUsd: 20_000, seconds: 12 }
const elsewhere: RepairOption = { action: 'other_provider', costMicroUsd: 500_000, seconds: 60 }

describe('the repair that is chosen', () => {
  it('is the cheapest one by what mending comes to in the end', () => {
    expect(chooseRepair('missing_sentence', [elsewhere, reseed, respeak], [])).toMatchObject({
      action: 'respeak',
      check: 'missing_sentence',
    })
  })

  it('is a dearer one once the cheap one is known to fail', () => {
    const records: RepairRecord[] = [{ check: 'missing_sentence', action: 'respeak', tries: 60, mended: 0 }]
    expect(chooseRepair('missing_sentence', [reseed, respeak], records)).toMatchObject({ action: 'reseed' })
  })

  it('is none where nothing offered can mend it', () => {
    expect(chooseRepair('black', [respeak], [])).toBeNull()
    expect(chooseRepair('black', [], [])).toBeNull()
  })

  it('compares waiting where nothing costs money, and prefers the gentlest of equals', () => {
    const free = (action: RepairOption['action'], seconds: number): RepairOption => ({ action, costMicroUsd: 0, seconds })
    expect(chooseRepair('black', [free('reseed', 8), free('trim', 1)], [])).toMatchObject({ action: 'trim' })
    expect(chooseRepair('freeze', [free('other_provider', 0), free('reseed', 0)], [])).toMatchObject({ action: 'reseed' })
  })

  it('says why, with the figures', () => {
    expect(chooseRepair('missing_sentence', [respeak, reseed], [])?.reason).toBe(
      'speaking the sentence again comes to $0.00 and 3 s, and mends it 85 times in 100; making it again with another seed would come to $0.02 and 12 s, and mends it 70 times in 100.',
    )
  })
})

describe('a chance', () => {
  it('is the first guess before anything was learned, and the record in the long run', () => {
    expect(chanceOf('silence', 'trim', [])).toBe(0.9)
    expect(chanceOf('silence', 'trim', [{ check: 'silence', action: 'trim', tries: 400, mended: 40 }])).toBeCloseTo(0.108, 3)
    expect(chanceOf('silence', 'soften', [])).toBe(0)
  })
})
