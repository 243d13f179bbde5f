// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { blankJob } from '../../../test/e2e/helpers/job-server.ts'
import type { Connection, JobSnapshot } from '../../client/job.ts'
import type { JobView, StageView } from '../../wire/jobs.ts'
import type { SluiceProgressElement } from '../contract.ts'
import { ANNOUNCE_EVERY_MS } from './announcer.ts'
import { ProgressElement } from './progress-element.ts'

if (!customElements.get('sluice-progress')) customElements.define('sluice-progress', ProgressElement)

let element: SluiceProgressElement
let part: <T extends HTMLElement>(selector: string) => T
beforeEach(() => {
  vi.useFakeTimers()
  element = document.createElement('sluice-progress')
  document.body.append(element)
  part = (selector) => element.shadowRoot?.querySelector(selector) as never
})
afterEach(() => {
  element.remove()
  vi.useRealTimers()
})

const bar = () => part('[role=progressbar]')
const status = () => part('[role=status]').textContent

function job(change: Partial<JobView> = {}, stages: Partial<Record<StageView['key'], Partial<StageView>>> = {}): JobView {
  const blank = blankJob('job_a')
  return { ...blank, ...change, stages: blank.stages.map((stage) => ({ ...stage, ...stages[stage.key] })) }
}

const running = (progress: number | null = 0.58) =>
  job(
    { state: 'running', queue: null, progress, eta: { p50Seconds: 40, p90Seconds: 50, basis: 'history' } },
    { analyse: { state: 'done' }, keyframes: { state: 'skipped' }, voice: { state: 'done' }, render: { state: 'running', progress: 0.45 } },
  )

/** A store a test moves by hand. */
function store(first: JobView) {
  let snapshot: JobSnapshot = { ...first, connection: 'live' }
  const listeners = new Set<() => void>()
  return {
    cancel: vi.fn(() => Promise.resolve()),
    getSnapshot: () => snapshot,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(next: JobView, connection: Connection = 'live') {
      snapshot = { ...next, connection }
      for (const listener of listeners) listener()
    },
    listeners,
  }
}

describe('the bar', () => {
  it('has no value while queued, and says the position instead of 0 %', () => {
    element.snapshot = job()
    expect(bar().hasAttribute('aria-valuenow')).toBe(false)
    expect(bar().getAttribute('aria-valuetext')).toBe('Waiting in the queue, 2 jobs before this one')
    expect(part('.queue').textContent).toContain('2 jobs before this one')
    expect(part('.value').textContent).toBe('')
  })

  it('says percentage, position, stage and time in words', () => {
    element.snapshot = running()
    expect(bar().getAttribute('aria-valuenow')).toBe('58')
    expect(bar().getAttribute('aria-valuetext')).toBe('58%, step 3 of 6, Rendering video, about 40 s left')
  })

  it('never says 100 before the end', () => {
    element.snapshot = running(0.999)
    expect(bar().getAttribute('aria-valuenow')).toBe('99')
    element.snapshot = job({ state: 'succeeded', progress: 1, queue: null })
    expect(bar().getAttribute('aria-valuenow')).toBe('100')
  })
})

describe('the stages', () => {
  it('are a list whose items say their state, one of them the current step', () => {
    element.snapshot = running()
    const rows = [...part('ol').querySelectorAll('li')].map((row) => [row.textContent, row.getAttribute('aria-current')])
    expect(rows[0]).toEqual(['Analysing prompt, done', null])
    expect(rows[1]).toEqual(['Generating keyframes, not needed', null])
    expect(rows[3]).toEqual(['Rendering video, in progress45 %', 'step'])
    expect(rows[6]).toEqual(['Publishing, not started', null])
  })

  it('that were at work when the job failed are not at work any more', () => {
    element.snapshot = { ...running(), state: 'failed', outcome: { class: 'internal', detail: 'It broke.', retry: 'same', charged: 'no' } }
    expect(part('li[data-state=running]')).toBeNull()
    expect(part('ol').textContent).toContain('Rendering video, stopped')
    expect(part('ol').textContent).not.toContain('45 %')
  })
})

describe('announcements', () => {
  it('say stages and the end, not percentages, and not what was there at first', () => {
    const source = store(running(0.5))
    element.job = source
    expect(status()).toBe('')
    source.set(running(0.6))
    expect(status()).toBe('')
    source.set(job({ state: 'running', queue: null, progress: 0.8 }, { render: { state: 'done' }, check: { state: 'running' } }))
    expect(status()).toBe('Checking quality')
    source.set(job({ state: 'succeeded', queue: null, progress: 1 }))
    vi.advanceTimersByTime(ANNOUNCE_EVERY_MS)
    expect(status()).toBe('Done')
  })

  it('can be kept to the end', () => {
    element.setAttribute('announce', 'terminal')
    const source = store(running())
    element.job = source
    source.set(job({ state: 'running', queue: null }, { check: { state: 'running' } }))
    expect(status()).toBe('')
  })
})

describe('states', () => {
  it.each([
    [job(), 'queued'],
    [job({ state: 'running', queue: null }), 'starting'],
    [running(), 'running'],
    [{ ...running(), notice: 'Taking longer than usual (usually under 1 min).' }, 'slow'],
    [{ ...running(), state: 'held' as const, notice: 'A person has to look at it.' }, 'held'],
    [{ ...running(), connection: 'disconnected' as const }, 'disconnected'],
    [job({ state: 'succeeded', progress: 1 }), 'succeeded'],
    [job({ state: 'expired' }), 'failed'],
    [job({ state: 'cancelled' }), 'cancelled'],
  ])('%# is %s', (snapshot, state) => {
    element.snapshot = snapshot
    expect(part('.root').dataset.state).toBe(state)
    expect(part('.root').getAttribute('role')).toBe('group')
  })

  it('while disconnected, say that the work goes on and show no time', () => {
    element.snapshot = { ...running(), connection: 'disconnected' }
    expect(part('.notice').textContent).toContain('the work goes on')
    expect(part('.eta').textContent).toBe('')
  })

  it('while held, say what is waited for instead of a time, and can be cancelled', () => {
    element.snapshot = { ...running(), state: 'held', eta: null, notice: 'A person has to look at it.' }
    expect(part('.eta').textContent).toBe('Held for review')
    expect(part('.notice').textContent).toBe('A person has to look at it.')
    expect(part('.track').getAttribute('aria-valuetext')).toContain('Held for review')
    expect(part('[part=cancel]').hidden).toBe(false)
  })

  it('are busy until something can be played', () => {
    element.snapshot = running()
    expect(part('.root').getAttribute('aria-busy')).toBe('true')
    element.snapshot = { ...running(), playable: true }
    expect(part('.root').getAttribute('aria-busy')).toBe('false')
  })
})

describe('buttons', () => {
  it('cancel the job once, unless the page prevents it', async () => {
    const source = store(running())
    element.job = source
    part('[part=cancel]').click()
    expect(source.cancel).toHaveBeenCalledOnce()
    expect(part<HTMLButtonElement>('[part=cancel]').getAttribute('aria-disabled')).toBe('true')
    await vi.waitFor(() => expect(source.cancel.mock.settledResults[0]?.type).toBe('fulfilled'))

    const other = store(running())
    element.job = other
    element.addEventListener('sluice-cancel', (event) => event.preventDefault(), { once: true })
    part('[part=cancel]').click()
    expect(other.cancel).not.toHaveBeenCalled()
  })

  it('say when cancelling did not work, and can be pressed again', async () => {
    const source = store(running())
    source.cancel.mockRejectedValueOnce(new Error('The job has already ended.'))
    element.job = source
    part('[part=cancel]').click()
    await vi.waitFor(() => expect(part('.notice').textContent).toBe('The job has already ended.'))
    expect(part<HTMLButtonElement>('[part=cancel]').getAttribute('aria-disabled')).toBe('false')
  })

  it('offer another try only where it can help, and say what it cost', () => {
    const outcome = { class: 'quality', detail: 'The sound stops.', retry: 'reseed', charged: 'yes', amountMicroUsd: 120_000 } as const
    element.snapshot = job({ state: 'failed', outcome })
    const asked = vi.fn()
    element.addEventListener('sluice-retry', (event) => asked((event as CustomEvent).detail))
    part('[part=retry]').click()
    expect(asked).toHaveBeenCalledWith({ jobId: 'job_a' })
    expect(part('.error').textContent).toBe('The sound stops. Charged: $0.12.')
    element.snapshot = job({ state: 'failed', outcome: { ...outcome, retry: 'never', fix: 'Choose another voice.' } })
    expect(part('.error').textContent).toBe('The sound stops. Choose another voice. Charged: $0.12.')
    expect(part('[part=retry]').hidden).toBe(true)
  })
})

describe('the element', () => {
  it('leaves the store when it leaves the page, and comes back to it', () => {
    const source = store(running())
    element.job = source
    expect(source.listeners.size).toBe(1)
    element.remove()
    expect(source.listeners.size).toBe(0)
    document.body.append(element)
    expect(source.listeners.size).toBe(1)
  })

  it('takes a property set before it was defined', () => {
    const early = document.createElement('sluice-late') as unknown as SluiceProgressElement
    early.snapshot = running()
    document.body.append(early)
    customElements.define('sluice-late', class extends ProgressElement {})
    customElements.upgrade(early)
    expect(early.shadowRoot?.textContent).toContain('Rendering video')
    early.remove()
  })

  it('tells of stages and the end', () => {
    const told: unknown[] = []
    for (const type of ['sluice-stage', 'sluice-settled'])
      document.body.addEventListener(type, (event) => told.push((event as CustomEvent).detail), { once: true })
    const source = store(running())
    element.job = source
    source.set(
      job(
        { state: 'succeeded', progress: 1 },
        { analyse: { state: 'done' }, keyframes: { state: 'skipped' }, voice: { state: 'done' }, render: { state: 'done' } },
      ),
    )
    expect(told).toEqual([{ key: 'render', state: 'done' }, { state: 'succeeded' }])
  })
})
