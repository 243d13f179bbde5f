import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ANNOUNCE_EVERY_MS, createAnnouncer } from './announcer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('says at most one thing each three seconds: the last one, and the end is never lost', () => {
  const said: string[] = []
  const announcer = createAnnouncer((text) => said.push(text))
  announcer.say('Rendering video')
  announcer.say('Checking quality')
  announcer.say('Publishing')
  announcer.say('Done')
  expect(said).toEqual(['Rendering video'])
  vi.advanceTimersByTime(ANNOUNCE_EVERY_MS - 1)
  expect(said).toEqual(['Rendering video'])
  vi.advanceTimersByTime(1)
  expect(said).toEqual(['Rendering video', 'Done'])
})
