import { describe, expect, it } from 'vitest'
import type { JobView } from '../wire/jobs.ts'
import { progressLines, timeLeft } from './progress-view.ts'

const running = { state: 'running', queue: null } as const

describe('timeLeft', () => {
  it.each([
    [{ p50Seconds: 4.4, p90Seconds: 6 }, 'about 4 s left'],
    [{ p50Seconds: 0, p90Seconds: 0 }, 'about 1 s left'],
    [{ p50Seconds: 22, p90Seconds: 30 }, 'about 20 s left'],
    [{ p50Seconds: 20, p90Seconds: 58 }, 'about 20 s to 60 s left'],
    [{ p50Seconds: 100, p90Seconds: 120 }, 'about 1.5 min left'],
  ])('%j reads "%s"', (eta, text) => {
    expect(timeLeft({ ...running, eta: { ...eta, basis: 'history' } })).toBe(text)
  })

  it('says that it does not know', () => {
    expect(timeLeft({ ...running, eta: null })).toBe('time left unknown')
  })

  it('says that a person is waited for', () => {
    expect(timeLeft({ state: 'held', queue: null, eta: null })).toBe('held for review')
  })

  it('keeps the queue apart from 0 %', () => {
    expect(timeLeft({ state: 'queued', eta: null, queue: { ahead: 3 } })).toBe('waiting, 3 before it')
  })
})

describe('progressLines', () => {
  it('shows each stage with its state and the percentage of the running one', () => {
    const stages: JobView['stages'] = [
      { key: 'analyse', label: 'Analysing prompt', state: 'done', progress: 1, startedAt: null, endedAt: null },
      { key: 'render', label: 'Rendering video', state: 'running', progress: 0.456, startedAt: null, endedAt: null },
      { key: 'publish', label: 'Publishing', state: 'pending', progress: null, startedAt: null, endedAt: null },
    ]
    const lines = progressLines({ ...running, eta: null, progress: 0.5, stages, playback: null, notice: null } as unknown as JobView)
    expect(lines[0]).toContain(' 50 %')
    expect(lines).toContain('  ✓ Analysing prompt')
    expect(lines).toContain('  ▸ Rendering video 45 %')
    expect(lines).toContain('  · Publishing')
  })
})
