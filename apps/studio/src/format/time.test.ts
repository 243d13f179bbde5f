import { expect, it } from 'vitest'
import { ago, clock, expectedRange, roughly, timecode } from './time.ts'

it('writes places on a timeline as players do', () => {
  expect([0, 7.9, 65, 600, 3603, -1].map(clock)).toEqual(['0:00', '0:07', '1:05', '10:00', '1:00:03', '0:00'])
})

it('writes the places of findings to the hundredth', () => {
  expect([0, 1.5, 59.999, 3661.234, -1].map(timecode)).toEqual(['0:00.00', '0:01.50', '1:00.00', '1:01:01.23', '0:00.00'])
})

it('says lengths the coarser the longer they are', () => {
  expect([0.2, 4.4, 33, 58, 62, 92, 700, 6000].map(roughly)).toEqual([
    '1 s',
    '4 s',
    '35 s',
    '60 s',
    '1 min',
    '1 min 30 s',
    '12 min',
    '1.7 h',
  ])
  expect(expectedRange(24, 41)).toBe('25 s to 40 s')
  expect(expectedRange(24, 26)).toBe('about 25 s')
})

it('says how long ago, from seconds to days', () => {
  const now = new Date('2026-03-02T12:00:00Z')
  const at = (seconds: number) => ago(new Date(now.getTime() - seconds * 1000).toISOString(), now)
  expect([-5, 10, 60, 300, 7200, 86_400, 200_000].map(at)).toEqual([
    'just now',
    'just now',
    '1 minute ago',
    '5 minutes ago',
    '2 hours ago',
    'yesterday',
    '2 days ago',
  ])
})
