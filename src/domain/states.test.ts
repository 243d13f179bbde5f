import { describe, expect, it } from 'vitest'
import { type Asset, setAssetState } from './asset.ts'
import { type Job, jobEnded, setJobState } from './job.ts'
import { profiles } from './profiles.ts'
import { setTakeState, type Take, takeEnded } from './take.ts'
import { blocks, judge } from './verdict.ts'

const at = new Date('2026-01-01T00:00:00Z')
const outcome = { class: 'internal', detail: 'x', retry: 'never', charged: 'no' } as const
const job = (state: Job['state']) => ({ id: 'job_1', state, progress: 0.4, eta: null, notice: 'n' }) as Job
const take = (state: Take['state']) => ({ id: 'tak_1', state }) as Take
const asset = (state: Asset['state']) => ({ id: 'ast_1', state }) as Asset

describe('a job', () => {
  it('that has ended stays ended', () => {
    const ended = job({ state: 'failed', endedAt: at, outcome })
    expect(jobEnded(ended)).toBe(true)
    expect(() => setJobState(ended, { state: 'running', startedAt: at, playableAt: null })).toThrow('failed cannot become running')
  })
  it('cannot succeed without having run', () => {
    expect(() => setJobState(job({ state: 'queued' }), { state: 'succeeded', startedAt: at, playableAt: null, endedAt: at })).toThrow()
  })
  it('that is held has not ended, and succeeds only once it runs on', () => {
    const held = job({ state: 'held', startedAt: at, playableAt: at, heldAt: at })
    expect(jobEnded(held)).toBe(false)
    expect(() => setJobState(held, { state: 'succeeded', startedAt: at, playableAt: at, endedAt: at })).toThrow(
      'held cannot become succeeded',
    )
    expect(setJobState(held, { state: 'running', startedAt: at, playableAt: at }).state.state).toBe('running')
    expect(() => setJobState(job({ state: 'queued' }), held.state)).toThrow('queued cannot become held')
  })
  it('is at 100 % only when it has succeeded', () => {
    const running = job({ state: 'running', startedAt: at, playableAt: at })
    expect(setJobState(running, { state: 'succeeded', startedAt: at, playableAt: at, endedAt: at })).toMatchObject({
      progress: 1,
      notice: null,
    })
    expect(setJobState(running, { state: 'cancelled', endedAt: at, outcome })).toMatchObject({ progress: 0.4 })
  })
})

describe('a take', () => {
  it('is never ordered again once a reference is saved', () => {
    const making = take({ state: 'making', ref: {}, progress: null })
    expect(() => setTakeState(making, { state: 'ordering', orderedAt: '2026-11-23T00:00:00.000Z' })).toThrow(
      'making cannot become ordering',
    )
  })
  it('is never ordered again while it is unknown whether the order was taken', () => {
    expect(() =>
      setTakeState(take({ state: 'submit_unknown', orderedAt: '2026-11-23T00:00:00.000Z', decision: null }), {
        state: 'ordering',
        orderedAt: '2026-11-23T00:00:00.000Z',
      }),
    ).toThrow()
  })
  it('that is delivered is not made again', () => {
    expect(() => setTakeState(take({ state: 'delivered', ref: {}, outputs: [] }), { state: 'making', ref: {}, progress: null })).toThrow()
  })
  it('that was accepted can still be rejected by the gate, and then has ended', () => {
    const rejected = setTakeState(take({ state: 'accepted', masters: [] }), { state: 'rejected', masters: [], outcome })
    expect(takeEnded(rejected)).toBe(true)
  })
})

describe('an asset', () => {
  it('that was discarded is not served again', () => {
    expect(() => setAssetState(asset({ state: 'discarded', at, reason: '' }), { state: 'ready', readyAt: at })).toThrow()
  })
  it('that is ready is not cut', () => {
    expect(() => setAssetState(asset({ state: 'ready', readyAt: at }), { state: 'cut', at, reason: '' })).toThrow()
  })
})

describe('a verdict', () => {
  const measured = { check: 'black', value: 1, unit: 's', threshold: 0.5, detail: '' }
  it('of a check that could not run is unknown, never passed', () => {
    expect(judge(profiles.standard, { ...measured, value: null }, null).verdict).toBe('unknown')
  })
  it('holds back or only warns as the profile says', () => {
    expect(judge(profiles.standard, measured, false).verdict).toBe('fail')
    expect(judge(profiles.draft, measured, false).verdict).toBe('warn')
  })
  it('of an unknown check blocks only where the profile wants it to', () => {
    const unknown = judge(profiles.strict, measured, null)
    expect(blocks(profiles.strict, unknown)).toBe(true)
    expect(blocks(profiles.standard, unknown)).toBe(false)
  })
  it('of a check the profile does not name holds back', () => {
    expect(judge(profiles.draft, { ...measured, check: 'new_check' }, false).verdict).toBe('fail')
  })
})
