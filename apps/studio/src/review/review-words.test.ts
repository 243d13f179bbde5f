import type { ReviewView } from 'sluice/client'
import { expect, it } from 'vitest'
import { type Finding, findingName, inOrder, jumpSeconds, partName, saidOf } from './review-words.ts'

const finding = (check: string, startSeconds?: number): Finding => ({
  check,
  verdict: 'fail',
  value: 1,
  unit: 's',
  threshold: 0,
  detail: '',
  onTimeline: null,
  inMedia: startSeconds === undefined ? null : { startSeconds, endSeconds: startSeconds + 1.25 },
})

it('names what is held as a person does', () => {
  expect(partName({ about: 'stretch', role: 'speech', shot: 1 })).toBe('Voice of shot 2')
  expect(partName({ about: 'take', role: 'music', shot: null })).toBe('Music')
  expect(partName({ about: 'prompt', role: null, shot: null })).toBe('The prompt')
})

it('goes through findings as the recording does, and begins half a second before each', () => {
  const sorted = inOrder([finding('loudness'), finding('freeze', 4), finding('black', 0.2)])
  expect(sorted.map(({ check }) => check)).toEqual(['black', 'freeze', 'loudness'])
  expect(sorted.map(jumpSeconds)).toEqual([0, 3.5, null])
  expect(sorted.map(findingName)).toEqual(['Black picture, 0:00.20 to 0:01.45', 'Frozen picture, 0:04.00 to 0:05.25', 'Loudness'])
})

it('says what follows from a decision, and when another person is needed', () => {
  const review = { about: 'take', role: 'clip', shot: 0, state: 'open' } as ReviewView
  expect(saidOf(review, 'approve')).toBe('Your approval is taken down. One more person must approve it.')
  expect(saidOf({ ...review, state: 'regenerated' }, 'regenerate')).toBe('Picture of shot 1: another take is ordered.')
})
