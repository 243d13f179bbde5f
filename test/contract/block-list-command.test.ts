import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectRefusal, sluice } from '../helpers/sluice.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-blocklist-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const blocklist = (...args: string[]) =>
  sluice(['blocklist', ...args], { env: { SLUICE_DATA: join(folder, 'data'), SLUICE_LOG: 'warn', DATABASE_URL: undefined } })

test('sluice blocklist shows the list with its numbers, takes another from a file, adds and removes, and refuses what is no entry', async () => {
  const file = join(folder, 'list.txt')
  await writeFile(file, 'zorgblatt\n\n purple teapot \nzorgblatt\n')
  expect((await blocklist('--file', file)).stdout).toBe('   1  zorgblatt\n   2  purple teapot\n')
  expect((await blocklist('--add', 'frumi*', '--remove', 'zorgblatt')).stdout).toBe('   1  purple teapot\n   2  frumi*\n')
  expectRefusal(await blocklist('--add', 'b*d'), /"b\*d": Has a `\*` that is not at the beginning or end/, /word or a phrase/)
  expectRefusal(await blocklist('--file', join(folder, 'nowhere')), /nowhere cannot be read \(ENOENT\)/, /one entry a line/)
  expect((await blocklist('--tenant', 'other')).stdout).toBe('The list is empty.\n')
  expect((await blocklist()).stdout).toBe('   1  purple teapot\n   2  frumi*\n')
})
