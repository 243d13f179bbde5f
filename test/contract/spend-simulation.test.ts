import { expect, test } from 'vitest'
import { simulate } from '../chaos/spend/simulate.ts'

// A small one; `npm run chaos:spend` runs a hundred thousand takes.
const TAKES = 500

test('with processes that die at every step and messages that are lost, nothing is paid twice and no paid output is lost', async () => {
  const found = await simulate({ takes: TAKES, seed: 5 })
  expect(found.takes).toBeGreaterThanOrEqual(TAKES)
  expect(found.crashes).toBeGreaterThan(TAKES)
  expect(found).toMatchObject({ chargedTwice: 0, paidOutputsLost: 0, stuck: 0, budgetLeftReserved: 0 })
  expect(found.ledgerMicroUsd).toBe(found.vendorMicroUsd)
})

test('a build that does not look for an order in doubt is found out', async () => {
  const found = await simulate({ takes: TAKES, seed: 5, withoutReconcile: true })
  expect(found.chargedTwice).toBeGreaterThan(0)
  expect(found.ledgerMicroUsd).not.toBe(found.vendorMicroUsd)
})
