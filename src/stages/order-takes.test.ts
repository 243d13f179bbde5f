import { describe, expect, it } from 'vitest'
import type { Plan } from '../domain/plan.ts'
import type { Review } from '../domain/review.ts'
import type { Take, TakeState } from '../domain/take.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { orderable, orderTakes, spentTakes } from './order-takes.ts'

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

describe('orderTakes of a retry', () => {
  const late: TakeState = {
    state: 'cancelled',
    outcome: { class: 'quality', detail: '', retry: 'never', charged: 'yes', amountMicroUsd: 5 },
    late: { ref: { id: 'there' }, outputs: [{ role: 'media', mimeType: 'video/mp4', locator: 'https://vendor/1' }] },
  }
  /** What is made for job `third`, which retries `second`, which retried `first`. */
  async function madeAfter(first: Take[], second: Take[]): Promise<Take[]> {
    const made: Take[] = []
    const takes: Record<string, Take[]> = { first, second }
    const tx = {
      job: { id: 'third', retryOf: 'second', plan: { ...plan, takes: [planned('clip:0')], shots: [] } },
      repositories: {
        takes: { ofJob: async (id: string) => takes[id] ?? [] },
        reviews: { ofJob: async () => [] },
        jobs: { get: async (id: string) => ({ retryOf: id === 'second' ? 'first' : null }) },
      },
      createTakes: async (created: Take[]) => made.push(...created),
      addSteps: async () => {},
    } as unknown as JobTransaction
    const deps = {
      ids: { next: () => 'tak_new' },
      clock: { now: () => new Date() },
      providers: new Map([['local', { capabilities: {} }]]),
    } as unknown as StageDeps
    await orderTakes(deps, tx)
    return made
  }
  const paid = { ...take('clip:0', late), provider: 'local' } as Take

  it('begins with what was paid for, of the retry before it as well when that one ended without takes', async () => {
    const begun = [{ state: { state: 'delivered', ref: { id: 'there' }, outputs: [{ locator: 'https://vendor/1' }] } }]
    expect(await madeAfter([], [paid])).toMatchObject(begun)
    expect(await madeAfter([paid], [])).toMatchObject(begun)
  })
  it('does not go back behind a retry that had takes, and orders where there is nothing', async () => {
    const anew = [{ state: { state: 'planned' } }]
    expect(await madeAfter([paid], [take('clip:0', { state: 'failed', outcome: outcome('quality') })])).toMatchObject(anew)
    expect(await madeAfter([], [])).toMatchObject(anew)
  })
})
