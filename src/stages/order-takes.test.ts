import { describe, expect, it } from 'vitest'
import type { Plan } from '../domain/plan.ts'
import type { Review } from '../domain/review.ts'
import type { Take, TakeState } from '../domain/take.ts'
import { orderable, spentTakes } from './order-takes.ts'

const planned = (key: string, needs: string[] = []): Plan['takes'][number] => ({
  key,
  role: key.split(':')[0] as 'clip',
  shot: Number(key.split(':')[1]),
  needs,
  provider: 'local',
  request: { kind: 'speech', text: 'x', voice: 'v', seed: 1 },
  rank: 0,
})
const plan = { takes: [planned('speech:0'), planned('clip:0', ['speech:0']), planned('speech:1'), planned('clip:1', ['speech:1'])] } as Plan
const take = (key: string, state: TakeState): Take => ({ id: `tak_${key}`, role: key.split(':')[0], key, state }) as Take
const accepted: TakeState = { state: 'accepted', masters: [] }
const outcome = (name: 'lost' | 'quality') => ({ class: name, detail: '', retry: 'reseed', charged: 'no' }) as const

describe('orderable', () => {
  it('gives first what needs nothing', () => {
    expect(orderable(plan, [], []).map(({ key }) => key)).toEqual(['speech:0', 'speech:1'])
  })
  it('gives a clip once its speech is accepted, and nothing twice', () => {
    expect(orderable(plan, [take('speech:0', accepted), take('speech:1', { state: 'planned' })], []).map(({ key }) => key)).toEqual([
      'clip:0',
    ])
  })
  it('gives no clip while its speech is held, and goes on with the others', () => {
    const takes = [take('speech:0', accepted), take('speech:1', accepted)]
    const about = (key: string, state: Review['state']) => ({ takeId: `tak_${key}`, state }) as Review
    const keys = (reviews: Review[]) => orderable(plan, takes, reviews).map(({ key }) => key)
    expect(keys([about('speech:0', 'open')])).toEqual(['clip:1'])
    expect(keys([about('speech:0', 'approved')])).toEqual(['clip:0', 'clip:1'])
  })
  it('gives again what failed or was rejected', () => {
    const takes = [
      take('speech:0', accepted),
      take('clip:0', { state: 'rejected', masters: [], outcome: outcome('quality') }),
      take('speech:1', { state: 'failed', outcome: outcome('lost') }),
    ]
    expect(orderable(plan, takes, []).map(({ key }) => key)).toEqual(['clip:0', 'speech:1'])
  })
})

describe('spentTakes', () => {
  it('counts attempts, but not those that were lost', () => {
    const takes = [
      take('clip:0', { state: 'failed', outcome: outcome('lost') }),
      take('clip:0', { state: 'rejected', masters: [], outcome: outcome('quality') }),
      take('clip:0', accepted),
    ]
    expect(spentTakes(takes, 'clip:0')).toBe(2)
  })
})
