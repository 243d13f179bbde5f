import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it, vi } from 'vitest'
import { findOnPath } from '../../src/media/ffmpeg/locate.ts'
import { makePicture, workFolder } from './helpers/masters.ts'

const work = await workFolder('killed')
afterAll(() => work.remove())
const program = fileURLToPath(new URL('./helpers/endless-run.ts', import.meta.url))
const setpriv = process.platform === 'linux' ? await findOnPath('setpriv') : undefined

it.skipIf(!setpriv)(`FFmpeg dies with a worker that is killed${setpriv ? '' : ' (skipped: needs setpriv of Linux)'}`, async () => {
  const picture = await makePicture(work.path('picture.mp4'), { seconds: 1 })
  const worker = spawn(process.execPath, [program, picture], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(createInterface(worker.stdout), 'line')) as [string]
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  worker.kill('SIGKILL')
  await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 10_000, interval: 20 })
})
