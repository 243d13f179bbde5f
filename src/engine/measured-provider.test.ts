import { expect, test } from 'vitest'
import { recordedMetrics } from '../../test/helpers/recorded-metrics.ts'
import { SluiceError } from '../domain/errors.ts'
import type { TakeId } from '../domain/ids.ts'
import type { Provider } from '../ports/provider.ts'
import { measuredProvider } from './measured-provider.ts'

const signal = new AbortController().signal
const provider: Provider = {
  id: 'fal',
  capabilities: { kinds: ['video'] },
  quote: () => ({ amountMicroUsd: 1, seconds: 1, basis: 'test' }),
  start: () => Promise.reject(new SluiceError('submit_unknown', 'The answer was lost.')),
  status: async () => ({ state: 'queued' }),
  fetch: () => Promise.reject(new Error('broken')),
}

test('a call is told by its operation and what came of it, and its answer or error passes as it is', async () => {
  const metrics = recordedMetrics()
  const measured = measuredProvider({ ...provider, cancel: async () => 'stopped' }, metrics)
  expect(await measured.status({}, { signal })).toEqual({ state: 'queued' })
  const output = { role: 'media', mimeType: 'video/mp4', locator: 'x' } as const
  await expect(measured.fetch(output, { signal })).rejects.toThrow('broken')
  await expect(measured.fetch(output, { signal: AbortSignal.abort() })).rejects.toThrow('broken')
  const context = { takeId: 'tak_1' as TakeId, signal, rank: 0, hint: () => undefined, keep: async () => output } as const
  await expect(measured.start({ kind: 'sound', prompt: 'a bell', durationSeconds: 1, seed: 1 }, context)).rejects.toThrow(
    'The answer was lost.',
  )
  expect(await measured.cancel?.({})).toBe('stopped')
  expect(metrics.labelsOf('sluice_provider_call_seconds').map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    'status answered',
    'fetch internal',
    'fetch cancelled',
    'start submit_unknown',
    'cancel answered',
  ])
})

test('what a provider cannot do, it cannot do measured either', () => {
  const measured = measuredProvider(provider, recordedMetrics())
  expect(measured.cancel).toBeUndefined()
  expect(measured.reconcile).toBeUndefined()
  expect(measured.capabilities).toBe(provider.capabilities)
})

test('of failures the first in a while is told, and none that was the input or our hanging up', async () => {
  const told: string[] = []
  const refused = { ...provider, cancel: () => Promise.reject(new SluiceError('input_refused', 'Not this.')) }
  const measured = measuredProvider(refused, recordedMetrics(), (id, as) => told.push(`${id} ${as}`))
  const output = { role: 'media', mimeType: 'video/mp4', locator: 'x' } as const
  await expect(measured.cancel?.({})).rejects.toThrow('Not this.')
  await expect(measured.fetch(output, { signal: AbortSignal.abort() })).rejects.toThrow('broken')
  expect(told).toEqual([])
  for (let call = 0; call < 3; call++) await expect(measured.fetch(output, { signal })).rejects.toThrow('broken')
  expect(told).toEqual(['fal internal'])
})
