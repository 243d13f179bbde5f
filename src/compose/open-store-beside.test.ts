import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockFolder } from '../drivers/store/embedded/folder-lock.ts'
import { loadConfig } from './config.ts'
import { createLogger } from './logger.ts'
import { openStoreBeside } from './open-store-beside.ts'

test('a server that has the folder but no database yet is waited for by the operator; nothing is started in its place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-beside-'))
  const lock = lockFolder(folder)
  onTestFinished(async () => {
    lock.release()
    await rm(folder, { recursive: true, force: true })
  })
  const before = await readdir(folder)
  await using stack = new AsyncDisposableStack()
  await expect(openStoreBeside(loadConfig({ SLUICE_DATA: folder }), createLogger('silent'), stack)).rejects.toMatchObject({
    code: 'data_folder_in_use',
    message: expect.stringContaining(`process ${process.pid}`),
    fix: expect.stringContaining('try again'),
  })
  expect(await readdir(folder)).toEqual(before)
})
