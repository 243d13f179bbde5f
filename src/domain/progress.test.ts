import { describe, expect, it } from 'vitest'
import { advanceBar, newStages, type Stage, setStage } from './progress.ts'

const now = new Date('2026-01-01T00:00:00Z')
const later = new Date('2026-01-01T00:00:05Z')
const fresh = (): Stage => newStages(['render'], 'video')[0] as Stage

describe('setStage', () => {
  it('begins with the first report and keeps when it began', () => {
    const running = setStage(fresh(), { key: 'render', fraction: 0.2 }, now)
    expect(running).toMatchObject({ state: 'running', progress: 0.2, startedAt: now })
    expect(setStage(running, { key: 'render', fraction: 0.4 }, later)).toMatchObject({ progress: 0.4, startedAt: now })
  })

  it('never goes back', () => {
    const half = setStage(fresh(), { key: 'render', fraction: 0.5 }, now)
    expect(setStage(half, { key: 'render', fraction: 0.3 }, later)).toMatchObject({ progress: 0.5 })
    expect(setStage(half, { key: 'render', fraction: null }, later)).toBe(half)
  })

  it('keeps within 0 and 1', () => {
    expect(setStage(fresh(), { key: 'render', fraction: 1.7 }, now)).toMatchObject({ progress: 1 })
    expect(setStage(fresh(), { key: 'render', fraction: -1 }, now)).toMatchObject({ progress: 0 })
  })

  it('changes nothing once it has ended', () => {
    const done = setStage(fresh(), { key: 'render', ended: 'done' }, now)
    expect(setStage(done, { key: 'render', fraction: 0.1 }, later)).toBe(done)
    expect(setStage(done, { key: 'render', ended: 'failed' }, later)).toBe(done)
  })
})

describe('advanceBar', () => {
  it('is elapsed over the whole', () => {
    expect(advanceBar(null, 5, 15)).toBe(0.25)
  })
  it('never goes back when the estimate grows', () => {
    expect(advanceBar(0.6, 5, 95)).toBe(0.6)
  })
  it('never reaches 1 by itself', () => {
    expect(advanceBar(0.5, 1000, 0)).toBe(0.99)
  })
  it('stays unknown while nothing is known', () => {
    expect(advanceBar(null, 10, null)).toBeNull()
  })
})
