import { expect, test } from 'vitest'
import { seeded } from '../seeded.ts'
import { FAULTS, type FaultKind, scheduleFaults } from './schedule.ts'

const kinds = Object.keys(FAULTS) as FaultKind[]

test('the same seed gives the same faults, another seed others, and every kind comes', () => {
  const faults = scheduleFaults(50, kinds, seeded(7))
  expect(scheduleFaults(50, kinds, seeded(7))).toEqual(faults)
  expect(scheduleFaults(50, kinds, seeded(8))).not.toEqual(faults)
  expect(faults).toHaveLength(50)
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds))
  const without = kinds.filter((kind) => kind !== 'redis-flush')
  expect(scheduleFaults(50, without, seeded(7)).map(({ kind }) => kind)).not.toContain('redis-flush')
  expect(scheduleFaults(3, kinds, seeded(7))).toHaveLength(3)
})
