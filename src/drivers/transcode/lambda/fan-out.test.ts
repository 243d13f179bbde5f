import { describe, expect, test } from 'vitest'
import { createFanOut } from './fan-out.ts'

const { signal } = new AbortController()
/** Whether it has settled by now. */
const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending')
  const first = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))])
  return first !== pending
}
/** Takes places until none is left; returns how to give them back. */
async function fill(fanOut: ReturnType<typeof createFanOut>): Promise<(() => void)[]> {
  const places: (() => void)[] = []
  for (;;) {
    const stop = new AbortController()
    const place = fanOut.enter(stop.signal)
    place.catch(() => {})
    if (!(await settled(place))) {
      stop.abort()
      return places
    }
    places.push(await place)
  }
}

describe('places for invocations', () => {
  test('are so many, and given to who waits longest', async () => {
    const fanOut = createFanOut(2)
    const [first] = await fill(fanOut)
    const waiting = [fanOut.enter(signal), fanOut.enter(signal)]
    first?.()
    first?.() // counts once
    expect(await Promise.all(waiting.map(settled))).toEqual([true, false])
  })

  test('are half as many after a refusal, and grow back one at a time, to what they were', async () => {
    const fanOut = createFanOut(8)
    const places = await fill(fanOut)
    expect(places).toHaveLength(8)
    fanOut.slower()
    for (const leave of places) leave()
    const fewer = await fill(fanOut)
    expect(fewer).toHaveLength(4)
    for (const leave of fewer) leave()
    for (let n = 0; n < 5; n++) fanOut.faster()
    const one = await fill(fanOut)
    expect(one).toHaveLength(5)
    for (const leave of one) leave()
    for (let n = 0; n < 200; n++) fanOut.faster()
    expect(await fill(fanOut)).toHaveLength(8)
  })

  test('are never none, and not waited for once the signal fires', async () => {
    const fanOut = createFanOut(4)
    for (let n = 0; n < 10; n++) fanOut.slower()
    expect(await fill(fanOut)).toHaveLength(1)
    const stop = new AbortController()
    const place = fanOut.enter(stop.signal)
    stop.abort(new Error('cancelled'))
    await expect(place).rejects.toThrow('cancelled')
  })
})
