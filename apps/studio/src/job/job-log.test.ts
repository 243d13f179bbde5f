import type { JobEvent } from 'sluice/client'
import { expect, it } from 'vitest'
import { type EventData, emptyLog, foldLog } from './job-log.ts'

function event<T extends JobEvent['type']>(id: number, type: T, data: EventData[T]): JobEvent {
  return { id, at: new Date(id * 1000).toISOString(), type, data } as JobEvent
}

const take = (takeId: string, state: string): EventData['take'] => ({ takeId, role: 'clip', shot: 0, number: 1, provider: 'local', state })

it('keeps one line for each take, in the order they came, as it stands now', () => {
  const log = [
    event(1, 'take', take('a', 'planned')),
    event(2, 'take', take('b', 'planned')),
    event(3, 'take', take('a', 'accepted')),
  ].reduce(foldLog, emptyLog)
  expect(log.takes.map(({ takeId, state }) => `${takeId} ${state}`)).toEqual(['a accepted', 'b planned'])
})

it('keeps the newest events and counts all of them', () => {
  let log = emptyLog
  for (let id = 1; id <= 1000; id++) log = foldLog(log, event(id, 'notice', { text: null }))
  expect(log.count).toBe(1000)
  expect(log.events.at(-1)?.id).toBe(1000)
  expect(log.events.length).toBe(400)
})

it('keeps what was done about findings', () => {
  const repair = {
    check: 'black',
    action: 'reseed',
    takeId: 'a',
    shot: 2,
    costMicroUsd: 0,
    seconds: 8,
    chance: 0.8,
    reason: 'why.',
  } as const
  expect([event(1, 'repair', repair)].reduce(foldLog, emptyLog).repairs).toEqual([repair])
})
