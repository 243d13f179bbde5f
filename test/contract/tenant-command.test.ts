import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefusal, sluice } from '../helpers/sluice.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tenant-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const tenant = (...args: string[]) =>
  sluice(['tenant', ...args], {
    env: { SLUICE_DATA: join(folder, 'data'), SLUICE_LOG: 'warn', SLUICE_STANDARD_DAYS: '30', DATABASE_URL: undefined },
  })

test('sluice tenant lists, shows and sets what was agreed, says what is the server’s, and refuses what is no size or nobody', async () => {
  expect((await tenant()).stdout).toBe('There are no tenants yet; the first job or API key makes one.\n')
  const set = await tenant('set', 'paper', '--retention', 'ephemeral', '--standard-days', 'forever', '--quota', '1.5TB')
  expect(set.stdout).toBe(
    [
      'tenant     paper',
      'stored     0 B (0 bytes)',
      'quota      1.5 TB (1500000000000 bytes)',
      'retention  ephemeral',
      'ephemeral  24 hours  (the server’s)',
      'standard   for ever',
      'masters    as the asset  (the server’s)',
      '',
    ].join('\n'),
  )
  expect((await tenant('list')).stdout).toBe('tenant  stored  quota   retention\npaper   0 B     1.5 TB  ephemeral\n')
  await tenant('set', 'paper', '--standard-days', 'server', '--master-days', '7', '--quota', 'none')
  expect(JSON.parse((await tenant('show', 'paper', '--json')).stdout)).toEqual({
    name: 'paper',
    storedBytes: 0,
    quotaBytes: null,
    retention: { default: 'ephemeral', ephemeralHours: 24, standardDays: 30, masterDays: 7 },
    own: { class: 'ephemeral', masterDays: 7 },
  })
  expectRefusal(await tenant('show', 'papre'), /There is no tenant "papre"/, /sluice tenant list/)
  const wrong = await tenant('set', 'paper', '--quota', 'much')
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('It must be a size like 500GB')])
})
