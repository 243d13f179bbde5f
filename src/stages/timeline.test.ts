import { describe, expect, it } from 'vitest'
import type { Job } from '../domain/job.ts'
import type { Plan } from '../domain/plan.ts'
import type { Master, Take } from '../domain/take.ts'
import { timelineOf } from './timeline.ts'

const shot = (index: number) => ({ index, title: '', narration: 'x', estimatedSeconds: 4, leadSeconds: 0.5, tailSeconds: 0.5 })
const plannedOf = (role: 'speech' | 'clip', index: number) => ({
  key: `${role}:${index}`,
  role,
  shot: index,
  needs: [],
  provider: 'local',
  rank: 0,
})
const plan = { shots: [shot(0), shot(1)], takes: [0, 1].flatMap((i) => [plannedOf('speech', i), plannedOf('clip', i)]) } as unknown as Plan
const job = { plan } as Job
const master = (durationSeconds: number, more: Partial<Master> = {}): Master => ({
  role: 'media',
  objectKey: 'k',
  mimeType: '',
  sizeBytes: 0,
  sha256: '',
  durationSeconds,
  ...more,
})
const speech = (index: number): Take =>
  ({
    key: `speech:${index}`,
    role: 'speech',
    shot: index,
    state: {
      state: 'accepted',
      masters: [master(3), master(3, { role: 'timings', cues: [{ startSeconds: 0.1, endSeconds: 2.9, text: `words ${index}` }] })],
    },
  }) as Take
const clip = (index: number, state: Take['state']['state'] = 'accepted'): Take =>
  ({
    key: `clip:${index}`,
    role: 'clip',
    shot: index,
    request: { kind: 'video', durationSeconds: 4 },
    state: { state, masters: [master(4)] },
  }) as Take

describe('timelineOf', () => {
  it('is empty before anything is accepted', () => {
    expect(timelineOf(job, [])).toMatchObject({ stretches: [], complete: false, durationSeconds: 0 })
  })

  it('ends before the first shot that is not there, but captions go on as far as is spoken', () => {
    const timeline = timelineOf(job, [speech(0), clip(0), speech(1), clip(1, 'making')])
    expect(timeline.stretches.map(({ startSeconds, durationSeconds }) => [startSeconds, durationSeconds])).toEqual([[0, 4]])
    expect(timeline.complete).toBe(false)
    expect(timeline.cues.map(({ startSeconds, text }) => [startSeconds, text])).toEqual([
      [0.6, 'words 0'],
      [4.6, 'words 1'],
    ])
  })

  it('does not skip a late shot', () => {
    expect(timelineOf(job, [speech(0), clip(0, 'making'), speech(1), clip(1)]).stretches).toEqual([])
  })

  it('is complete with every shot, the last one final', () => {
    const timeline = timelineOf(job, [speech(0), clip(0), speech(1), clip(1)])
    expect(timeline).toMatchObject({ complete: true, durationSeconds: 8 })
    expect(timeline.stretches.map(({ final }) => final)).toEqual([false, true])
    expect(timeline.spoken).toEqual([
      { startSeconds: 0.5, endSeconds: 3.5 },
      { startSeconds: 4.5, endSeconds: 7.5 },
    ])
  })
})
