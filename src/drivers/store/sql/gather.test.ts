import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SluiceError } from '../../../domain/errors.ts'
import { gather } from './gather.ts'

/** Answers with the double; each batch waits until it is let go. */
function doubling() {
  const batches: { asks: number[]; letGo: () => void }[] = []
  const ask = gather(async (asks: number[]) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    batches.push({ asks, letGo: resolve })
    await promise
    return asks.map((one) => 2 * one)
  })
  return { ask, batches }
}

test('what is asked at once goes together, what comes meanwhile goes next, and everyone gets their own answer', async () => {
  const { ask, batches } = doubling()
  const first = [ask(1), ask(2)]
  await turn()
  const meanwhile = [ask(3)]
  await turn()
  meanwhile.push(ask(4))
  expect(batches.map(({ asks }) => asks)).toEqual([[1, 2]])
  batches[0]?.letGo()
  expect(await Promise.all(first)).toEqual([2, 4])
  await turn()
  expect(batches.map(({ asks }) => asks)).toEqual([
    [1, 2],
    [3, 4],
  ])
  batches[1]?.letGo()
  expect(await Promise.all(meanwhile)).toEqual([6, 8])
})

test('an ask that comes when nothing is under way does not wait for others', async () => {
  const { ask, batches } = doubling()
  const alone = ask(1)
  await turn()
  batches[0]?.letGo()
  expect(await alone).toBe(2)
  const later = ask(5)
  await turn()
  batches[1]?.letGo()
  expect(await later).toBe(10)
})

test('a crowd goes in portions', async () => {
  const sizes: number[] = []
  const ask = gather(async (asks: number[]) => {
    sizes.push(asks.length)
    return asks
  })
  await Promise.all(Array.from({ length: 150 }, (_, i) => ask(i)))
  expect(sizes).toEqual([64, 64, 22])
})

test('one that fails takes no other with it', async () => {
  const ask = gather(async (asks: number[]) => {
    if (asks.includes(13)) throw new Error('unlucky')
    return asks
  })
  const answers = await Promise.allSettled([ask(12), ask(13), ask(14)])
  expect(answers).toMatchObject([{ value: 12 }, { reason: { message: 'unlucky' } }, { value: 14 }])
})

test('a database that cannot be reached is asked once, not by each', async () => {
  let asked = 0
  const ask = gather(async (_asks: number[]) => {
    asked++
    throw new SluiceError('store_unavailable', 'gone')
  })
  const answers = await Promise.allSettled([ask(1), ask(2), ask(3)])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(asked).toBe(1)
})
