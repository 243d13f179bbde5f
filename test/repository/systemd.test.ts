import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig, settings } from '../../src/compose/config.ts'
import { providerSettings } from '../../src/compose/provider-settings.ts'
import { findOnPath } from '../../src/media/ffmpeg/locate.ts'
import { exampleSettings } from './example-settings.ts'

const folder = 'deploy/systemd'
const names = ['sluice.service', 'sluice-scheduler.service', 'sluice-worker@.service']
const known = Object.values({ ...settings, ...providerSettings }).map(({ variable }) => variable)

test.each(names)('%s starts with settings that exist, and is given time to drain', (name) => {
  const unit = readFileSync(join(folder, name), 'utf8')
  const own = Object.fromEntries([...unit.matchAll(/\b(SLUICE_[A-Z_]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]))
  for (const env of exampleSettings(join(folder, 'example.env'))) {
    const given = { ...own, ...env }
    expect(Object.keys(given).filter((key) => key.startsWith('SLUICE_') && !known.includes(key))).toEqual([])
    const { databaseUrl, drainMs } = loadConfig(given)
    expect(databaseUrl).toBeDefined()
    const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])
    expect(stopSeconds * 1000).toBeGreaterThanOrEqual(drainMs + 10_000)
  }
})

test('systemd takes the units', async ({ skip }) => {
  const program = await findOnPath('systemd-analyze')
  if (program === undefined) return skip('no systemd-analyze; on Debian and Ubuntu: apt-get install systemd')
  const copies = mkdtempSync(join(tmpdir(), 'systemd-'))
  onTestFinished(() => rmSync(copies, { recursive: true, force: true }))
  for (const name of names) {
    // It looks for the program, which is elsewhere on this machine.
    const unit = readFileSync(join(folder, name), 'utf8').replace('/usr/bin/node', process.execPath)
    writeFileSync(join(copies, name.replace('@', '@cpu')), unit)
  }
  const units = names.map((name) => join(copies, name.replace('@', '@cpu')))
  const { status, stdout, stderr } = spawnSync(program, ['verify', '--man=no', ...units], { encoding: 'utf8', timeout: 20_000 })
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
})
