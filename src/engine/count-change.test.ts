import { expect, test } from 'vitest'
import { recordedMetrics } from '../../test/helpers/recorded-metrics.ts'
import type { EngineEvent } from '../domain/events.ts'
import type { TakeId } from '../domain/ids.ts'
import { newJob } from '../testing/entities.ts'
import { countChange } from './count-change.ts'

test('what a change was is counted: repairs, money and the end of a job, and no state on the way there', () => {
  const metrics = recordedMetrics()
  const at = new Date()
  const repair = { check: 'black', action: 'trim', costMicroUsd: 0, seconds: 1, chance: 0.9, reason: 'Cheap.' } as const
  const events: EngineEvent[] = [
    { type: 'status', data: { state: 'running', at } },
    { type: 'repair', data: { ...repair, takeId: 'tak_1' as TakeId, shot: 0 } },
    { type: 'status', data: { state: 'expired', at } },
  ]
  countChange(metrics, { job: newJob(), events, spent: [{ provider: 'fal', amountMicroUsd: 5 }], eta: null })
  expect(metrics.labelsOf('sluice_repairs_total')).toEqual([{ action: 'trim' }])
  expect(metrics.labelsOf('sluice_spend_micro_usd_total')).toEqual([{ provider: 'fal' }])
  expect(metrics.labelsOf('sluice_jobs_ended_total')).toEqual([{ kind: newJob().request.kind, state: 'expired' }])
  expect(metrics.labelsOf('sluice_eta_jobs_total')).toEqual([])
})
