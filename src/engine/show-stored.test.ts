import { expect, test } from 'vitest'
import type { TenantId } from '../domain/ids.ts'
import type { Tenant } from '../domain/tenant.ts'
import { storedReadings } from './show-stored.ts'

const tenant = (number: number, quotaBytes: number | null = null): Tenant => ({
  id: `ten_${number}` as TenantId,
  name: `tenant ${number}`,
  retention: {},
  quotaBytes,
})

test('shows the tenants with a quota and the largest by name, and all others as one, whatever their number', () => {
  const tenants = [...Array.from({ length: 500 }, (_, number) => tenant(number)), tenant(500, 1_000)]
  const stored = new Map(tenants.map(({ id }, number): [TenantId, number] => [id, number]).filter(([, bytes]) => bytes > 0 && bytes < 500))
  const readings = storedReadings(tenants, stored)
  const named = readings.flatMap((reading) => (reading.name === 'sluice_stored_bytes' ? [[reading.labels.tenant, reading.value]] : []))
  expect(named).toHaveLength(21)
  expect(named.slice(0, 3)).toEqual([
    ['tenant 500', 0],
    ['tenant 499', 499],
    ['tenant 498', 498],
  ])
  expect(named.at(-1)).toEqual(['*', (480 * 481) / 2])
  expect(readings.filter(({ name }) => name === 'sluice_storage_quota_bytes')).toEqual([
    { name: 'sluice_storage_quota_bytes', labels: { tenant: 'tenant 500' }, value: 1_000 },
  ])
})
