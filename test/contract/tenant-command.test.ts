import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/compose/config.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { openStore } from '../../src/compose/open-store.ts'
import { expectRefusal, sluice } from '../helpers/sluice.ts'

let folder: string
const server = new AsyncDisposableStack()
const env = () => ({ SLUICE_DATA: join(folder, 'data'), SLUICE_LOG: 'warn', SLUICE_STANDARD_DAYS: '30', DATABASE_URL: undefined })
// Its database runs, as beside a server: no command starts one of its own.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tenant-'))
  await openStore(loadConfig(env()), createLogger('silent'), server)
})
afterAll(async () => {
  await server.disposeAsync()
  await rm(folder, { recursive: true, force: true })
})

const tenant = (...args: string[]) => sluice(['tenant', ...args], { env: env() })

test('sluice tenant lists, shows and sets what was agreed, says what is the server’s, and refuses nobody', async () => {
  const set = await tenant('set', 'paper', '--retention', 'ephemeral', '--standard-days', 'forever', '--quota', '1.5TB', '--weight', '2.5')
  expect(set.stdout).toBe(
    [
      'tenant     paper',
      'stored     0 B (0 bytes)',
      'quota      1.5 TB (1500000000000 bytes)',
      'retention  ephemeral',
      'ephemeral  24 hours  (the server’s)',
      'standard   for ever',
      'masters    as the asset  (the server’s)',
      'weight     2.5',
      'at once    as many jobs as the server allows',
      '',
    ].join('\n'),
  )
  expect((await tenant('list')).stdout).toBe(
    'tenant  stored  quota   retention  weight  jobs at once\npaper   0 B     1.5 TB  ephemeral  2.5     as the server\n',
  )
  const changed = await tenant(
    'set',
    'paper',
    '--standard-days',
    'server',
    '--master-days',
    '7',
    '--quota',
    'none',
    '--jobs-at-once',
    '7',
    '--json',
  )
  expect(JSON.parse(changed.stdout)).toEqual({
    name: 'paper',
    storedBytes: 0,
    quotaBytes: null,
    retention: { default: 'ephemeral', ephemeralHours: 24, standardDays: 30, masterDays: 7 },
    own: { class: 'ephemeral', masterDays: 7 },
    share: { weight: 2.5, jobsAtOnce: 7 },
  })
  expectRefusal(await tenant('show', 'papre'), /There is no tenant "papre"/, /sluice tenant list/)
}, 120_000)
