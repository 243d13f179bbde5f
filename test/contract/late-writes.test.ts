import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/compose/logger.ts'
import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import { createFileKeeper } from '../../src/stages/file-keeper.ts'
import { testIds } from '../../src/testing/entities.ts'

it('what a run writes that another has replaced leaves what that one has listed as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'late-writes-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const objects = await createFsObjects({ folder: join(folder, 'objects'), log: createLogger('silent') })
  const [jobId, assetId] = [testIds.next('job'), testIds.next('ast')]
  const write = async (run: string) => {
    const keeper = createFileKeeper({ objects }, jobId, assetId)
    await keeper.text('report.html', 'Report', `<p>${run}</p>`, 'text/html')
    await keeper.json('manifest.json', 'Manifest', { run })
    const path = join(folder, 'video.mp4')
    await writeFile(path, run)
    await keeper.file('video.mp4', 'Video', path, 'video/mp4')
    return keeper.files
  }
  const listed = await write('the second run')
  await write('the first run, which stood still')
  for (const { objectKey, sha256 } of listed) {
    const hash = createHash('sha256')
    for await (const chunk of (await objects.get(objectKey)).stream) hash.update(chunk)
    expect(hash.digest('hex')).toBe(sha256)
  }
  expect(listed.map(({ name }) => name)).toEqual(['report.html', 'manifest.json', 'video.mp4'])
})
