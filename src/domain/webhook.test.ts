import { expect, test } from 'vitest'
import type { JobId } from './ids.ts'
import { defaultWebhookEvents, messageId, retryWaitMs, webhookEventOf } from './webhook.ts'

test('events of the log go out under their names, or not at all', () => {
  const name = (type: string, state?: string) => webhookEventOf({ type, data: { state } })
  expect(name('playable')).toBe('job.playable')
  for (const state of ['held', 'succeeded', 'failed', 'cancelled', 'expired'] as const) expect(name('status', state)).toBe(`job.${state}`)
  for (const state of ['queued', 'running']) expect(name('status', state)).toBeNull()
  for (const state of ['submit_unknown', 'delivered', 'rejected', 'failed'] as const) expect(name('take', state)).toBe(`take.${state}`)
  expect(name('take', 'making')).toBeNull()
  expect(['open', 'closed', 'approved', 'rejected', 'regenerated'].map((state) => name('review', state))).toEqual([
    'review.opened',
    'review.closed',
    ...Array(3).fill('review.decided'),
  ])
  for (const type of ['progress', 'stage', 'segment', 'check']) expect(name(type)).toBeNull()
  expect(defaultWebhookEvents.filter((event) => event.startsWith('take.'))).toEqual([])
})

test('a message is known by its job and its place in the log', () => {
  expect(messageId('job_01m82yvt09f62t9gyehqkfx4aw' as JobId, 17)).toBe('evt_01m82yvt09f62t9gyehqkfx4aw_17')
})

test('attempts are spread over a day, and end', () => {
  const waits = (random: number) => {
    const found: number[] = []
    for (let wait = retryWaitMs(1, random); wait !== null; wait = retryWaitMs(found.length + 1, random)) found.push(wait)
    return found
  }
  expect(waits(0)[0]).toBe(5_000)
  expect(waits(0)).toEqual(waits(0).toSorted((a, b) => a - b))
  const hours = (random: number) => waits(random).reduce((sum, wait) => sum + wait, 0) / 3_600_000
  expect(hours(0)).toBeGreaterThan(20)
  expect(hours(1)).toBeLessThanOrEqual(24)
  expect(waits(1)[0]).toBe(5_500)
})
