import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createCutter, createIntake } from './intake.ts'

const one = (chunk: Uint8Array) => [chunk]
const size = (piece: Uint8Array) => piece.length

describe('an intake', () => {
  it('holds all streams back while its reader is slow, and none while it waits', async () => {
    const intake = createIntake(100)
    const [left, right] = [new PassThrough(), new PassThrough()]
    const taps = [left, right].map((stream) => intake.tap(stream, one, size))
    left.write(new Uint8Array(200))
    await setImmediate()
    expect([left.isPaused(), right.isPaused()]).toEqual([true, true])
    // The other side writes its streams in turn: the right one must flow although the left one is full.
    const waiting = taps[1]?.next()
    expect([left.isPaused(), right.isPaused()]).toEqual([false, false])
    right.write(new Uint8Array(1))
    expect((await waiting)?.length).toBe(1)
    expect(left.isPaused()).toBe(true)
    expect((await taps[0]?.next())?.length).toBe(200)
    expect(left.isPaused()).toBe(false)
  })

  it('gives what came before the end, then nothing', async () => {
    const stream = new PassThrough()
    const tap = createIntake(100).tap(stream, one, size)
    stream.end(new Uint8Array(3))
    expect((await tap.next())?.length).toBe(3)
    expect(await tap.next()).toBeUndefined()
    expect(await tap.next()).toBeUndefined()
  })

  it('tells what its parser found wrong, after what was right', async () => {
    const stream = new PassThrough()
    const tap = createIntake(100).tap(
      stream,
      (chunk) => {
        if (chunk[0] === 9) throw new Error('not of this format')
        return [chunk]
      },
      size,
    )
    stream.write(Uint8Array.of(1))
    stream.write(Uint8Array.of(9))
    expect((await tap.next())?.[0]).toBe(1)
    await expect(tap.next()).rejects.toThrow('not of this format')
  })
})

it('a cutter gives pieces of one size, whatever comes in', () => {
  const cut = createCutter(4)
  expect(cut(Uint8Array.of(1, 2, 3))).toEqual([])
  expect(cut(Uint8Array.of(4, 5, 6, 7, 8, 9))).toEqual([Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)])
  expect(cut(Uint8Array.of(10, 11, 12))).toEqual([Uint8Array.of(9, 10, 11, 12)])
})
