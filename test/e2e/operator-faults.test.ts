import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, statfs, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findOnPath } from '../../src/media/ffmpeg/locate.ts'
import type { JobList, JobView } from '../../src/wire/jobs.ts'
import { eventually } from '../helpers/eventually.ts'
import { leftBehind } from '../helpers/left-behind.ts'
import { expectProblem } from '../helpers/problem.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { type Server, startServer } from '../helpers/server.ts'
import { type Ended, expectRefusal, sluice, startSluice } from '../helpers/sluice.ts'
import { mountSmall } from '../helpers/small-file-system.ts'

/** Given up after ten seconds, as the pool of connections has it; the rest is what the program takes to start. */
const UNANSWERED_WITHIN_SECONDS = 60

let folder: string
let mute: Awaited<ReturnType<typeof silentPort>>
let unanswered: Promise<Ended>
const at = (...path: string[]) => join(folder, ...path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  mute = await silentPort()
  // Looked at by the last test: it takes its ten seconds meanwhile.
  unanswered = sluice(['serve', '--port', '0'], {
    env: { SLUICE_DATA: at('unanswered'), DATABASE_URL: `postgres://me:secret@127.0.0.1:${mute.port}/db` },
  })
})
afterAll(async () => {
  mute.close()
  await unanswered
  await rm(folder, { recursive: true, force: true })
})

/** A TCP server that says nothing, on a port of its own. */
async function silentPort(): Promise<{ port: number; close: () => void }> {
  const held = new Set<{ destroy(): void }>()
  const server: TcpServer = createServer((socket) => held.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    for (const socket of held) socket.destroy()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

const json = { 'content-type': 'application/json' }
const submit = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${url}/v1/jobs`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })
const jobAt = async (url: string, id: string) => (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as JobView
const jobsAt = async (url: string) => ((await (await fetch(`${url}/v1/jobs?limit=100`)).json()) as JobList).jobs
const ended = (job: JobView) => job.endedAt !== null
const sound = { kind: 'sound', prompt: 'A door slams', durationSeconds: 0.5, formats: ['hls'] }

describe('a setting that is wrong', () => {
  it('every one is named at once, with what it may be, and no password is shown', async () => {
    const result = await sluice(['serve'], {
      env: {
        SLUICE_DATA: at('settings'),
        SLUICE_PORT: 'abc',
        SLUICE_SANDBOX: 'maybe',
        SLUICE_LEASE_MS: '1',
        SLUICE_LOG: 'loud',
        DATABASE_URL: 'mysql://me:secret@host/db',
      },
    })
    expectRefusal(result, /5 settings are wrong/, /unset them/)
    for (const words of [
      /SLUICE_PORT is "abc"; it must be a whole number from 0 to 65535/,
      /SLUICE_SANDBOX is "maybe"; it must be auto or off/,
      /SLUICE_LEASE_MS is "1"/,
      /SLUICE_LOG is "loud"/,
      /DATABASE_URL must be a URL like postgres:/,
    ]) {
      expect(result.stderr).toMatch(words)
    }
    expect(result.stderr).not.toContain('secret')
    expect(existsSync(at('settings'))).toBe(false)
  })
})

it('a database where nobody listens is said in words', async () => {
  const nobody = await silentPort()
  nobody.close()
  const result = await sluice(['serve', '--port', '0'], {
    env: { SLUICE_DATA: at('unreached'), DATABASE_URL: `postgres://me:secret@127.0.0.1:${nobody.port}/db` },
  })
  expectRefusal(result, /database cannot be reached.*ECONNREFUSED/, /DATABASE_URL is right/)
  expect(result.stderr).not.toContain('secret')
})

describe('FFmpeg', () => {
  const install = /Install FFmpeg: (`(apt-get|sudo|brew|winget|dnf|pacman|apk|zypper) .*ffmpeg.*`|see https:\S+)/i
  beforeAll(() => mkdir(at('empty'), { recursive: true }))

  it.each([
    ['serve', ['serve', '--port', '0']],
    ['generate', ['generate', 'The tide comes in. It goes out.']],
  ])('missing, `%s` says how to get it and makes nothing', async (_name, args) => {
    const env = { SLUICE_DATA: at('no-ffmpeg'), SLUICE_PORT: '0' }
    expectRefusal(await sluice(args, { env: { ...env, SLUICE_FFMPEG: '/nowhere' }, cwd: folder }), /no ffmpeg at \/nowhere/, install)
    expectRefusal(
      await sluice(args, { env: { ...env, PATH: at('empty'), SLUICE_FFMPEG: undefined }, cwd: folder }),
      /no ffmpeg on the PATH/,
      install,
    )
    expect(existsSync(at('no-ffmpeg'))).toBe(false)
    expect(existsSync(at('sluice-output'))).toBe(false)
  })

  it('missing, `doctor` says so among the rest', async () => {
    const { exitCode, stdout, stderr } = await sluice(['doctor'], { env: { SLUICE_DATA: at('no-ffmpeg'), SLUICE_FFMPEG: '/nowhere' } })
    expect([exitCode, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/^missing +FFmpeg +There is no ffmpeg at \/nowhere\.$/m)
    expect(stdout).toMatch(install)
    expect(stdout).toMatch(/^ok +PostgreSQL/m)
    expect(stdout).toMatch(/Missing: FFmpeg\.$/m)
    expect(existsSync(at('no-ffmpeg'))).toBe(false)
  })

  it('without libx264, `doctor` says so', async () => {
    const [ffmpeg = '', ffprobe = ''] = await Promise.all([findOnPath('ffmpeg'), findOnPath('ffprobe')])
    await mkdir(at('cut'))
    await writeFile(at('cut', 'ffmpeg'), `#!/bin/sh\n'${ffmpeg}' "$@" | grep -v libx264\n`, { mode: 0o755 })
    await symlink(ffprobe, at('cut', 'ffprobe'))
    const { exitCode, stdout } = await sluice(['doctor'], { env: { SLUICE_DATA: at('no-ffmpeg'), SLUICE_FFMPEG: at('cut', 'ffmpeg') } })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^missing +FFmpeg encoders +without libx264$\n^ +-> Install your system's full FFmpeg build/m)
  })
})

describe('`generate` with a text that is none', () => {
  const cases: [what: string, words: string[], wrong: RegExp, fix: RegExp][] = [
    ['a file that is not there', ['missing.txt'], /There is no file missing\.txt/, /Check the path/],
    ['an empty file', ['empty.txt'], /empty\.txt is empty/, /Write into it/],
    ['a file of bytes', ['picture.txt'], /picture\.txt is not a text file/, /plain text in UTF-8/],
    ['a file that is too long', ['long.txt'], /long\.txt has 200000 bytes; a text has at most 20000 characters/, /Shorten it/],
    ['a folder', ['.'], /\. is a folder/, /Name a text file/],
    ['nothing', [''], /The text is empty/, /Write what it should say/],
  ]
  beforeAll(async () => {
    await mkdir(at('texts'))
    await writeFile(at('texts', 'empty.txt'), '')
    await writeFile(at('texts', 'picture.txt'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d]))
    await writeFile(at('texts', 'long.txt'), 'tide '.repeat(40_000))
  })

  it.each(cases)('%s', async (_what, words, wrong, fix) => {
    expectRefusal(await sluice(['generate', ...words], { env: { SLUICE_DATA: at('texts', 'data') }, cwd: at('texts') }), wrong, fix)
    expect(existsSync(at('texts', 'data'))).toBe(false)
    expect(existsSync(at('texts', 'sluice-output'))).toBe(false)
  })
})

describe('a data folder in use, and a disk that fills up under it', () => {
  let server: Server
  let disk: Awaited<ReturnType<typeof mountSmall>>
  const data = () => at('used')

  beforeAll(async () => {
    disk = await mountSmall(join(data(), 'files'), '4m')
    server = await startServer(data(), { SLUICE_LOG: 'silent' })
  })
  afterAll(async () => {
    await server?.stop()
    if ('unmount' in disk) disk.unmount()
  })

  it('a second server is refused, the first goes on unharmed', async () => {
    expectRefusal(
      await sluice(['serve', '--port', '0'], { env: { SLUICE_DATA: data() } }),
      /data folder .*used is in use by another Sluice \(process \d+\)/,
      /Stop that process or choose another data folder/,
    )
    expectRefusal(
      await sluice(['generate', 'The tide comes in.'], { env: { SLUICE_DATA: data(), SLUICE_PORT: '0' }, cwd: folder }),
      /in use by another Sluice/,
      /--server/,
    )
    const job = (await (await submit(server.url, sound)).json()) as JobView
    expect(await eventually(() => jobAt(server.url, job.id), ended, 60_000)).toMatchObject({ state: 'succeeded' })
  })

  it('a job waits for space on a full disk and says so, keeps nothing half-written, and goes on by itself', async ({ skip }) => {
    if ('reason' in disk) {
      process.stderr.write(`skipped: ${disk.reason}\n`)
      return skip(disk.reason)
    }
    const before = await eventually(
      () => leftBehind(data()),
      (left) => left.every((path) => path.startsWith('files/objects')),
      20_000,
    )
    const { bavail, bsize } = await statfs(join(data(), 'files'))
    await writeFile(join(data(), 'files', 'filler'), Buffer.alloc(bavail * bsize - 100_000, 'x'))

    const submitted = async () =>
      (await (
        await submit(server.url, { kind: 'video', prompt: 'A calm sea', durationSeconds: 2, size: '640x360', formats: ['hls'] })
      ).json()) as JobView
    const waitsForSpace = async (id: string) => {
      const seen = await eventually(
        () => jobAt(server.url, id),
        (job) => job.notice !== null || ended(job),
        90_000,
      )
      expect(seen).toMatchObject({ state: 'running', outcome: null })
      const words = /^Goes on by itself when this is over: There is no space left for the files: \d\.\d MB of 4\.2 MB are free\./
      expect(seen.notice).toMatch(words)
    }

    const unwanted = await submitted()
    await waitsForSpace(unwanted.id)
    expect((await fetch(`${server.url}/v1/jobs/${unwanted.id}/cancel`, { method: 'POST' })).status).toBe(200)
    const cancelled = await eventually(() => jobAt(server.url, unwanted.id), ended, 20_000)
    expect(cancelled).toMatchObject({ state: 'cancelled', notice: null })
    // All that is left of it is the last picture, which the job still shows.
    const known = new Set(before)
    const fresh = async () =>
      (await leftBehind(data())).filter((path) => !known.has(path) && !`files/objects/jobs/${unwanted.id}/previews`.startsWith(path))
    const left = await eventually(fresh, (paths) => paths.length <= 2, 20_000)
    for (const path of left) expect(path).toMatch(new RegExp(`^files/objects/jobs/${unwanted.id}/previews/${cancelled.preview?.seq}\\.jpg`))
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)

    const { id } = await submitted()
    await waitsForSpace(id)
    await rm(join(data(), 'files', 'filler'))
    expect(await eventually(() => jobAt(server.url, id), ended, 90_000)).toMatchObject({ state: 'succeeded', outcome: null, notice: null })
  })
})

it('a disk that is full to the last byte, database and all, is said, survived and forgotten', async ({ skip }) => {
  const data = at('whole')
  const disk = await mountSmall(data, '160m')
  if ('reason' in disk) {
    process.stderr.write(`skipped: ${disk.reason}\n`)
    return skip(disk.reason)
  }
  const server = await startServer(data, { SLUICE_LOG: 'silent' })
  try {
    await fillUp(join(data, 'filler'))
    const accepted: string[] = []
    const refused = await eventually(
      async () => {
        const response = await submit(server.url, sound)
        if (response.status === 202) accepted.push(((await response.clone().json()) as JobView).id)
        return response
      },
      ({ status }) => status !== 202,
      60_000,
    )
    const problem = await expectProblem(refused, 'storage_full', server.url)
    expect(problem.detail).toBe('There is no space left on the disk of the database.')
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)

    await rm(join(data, 'filler'))
    const after = await submit(server.url, sound)
    expect(after.status).toBe(202)
    accepted.push(((await after.json()) as JobView).id)
    for (const id of accepted) {
      const job = await eventually(() => jobAt(server.url, id), ended, 60_000)
      if (job.state !== 'succeeded') expect(job).toMatchObject({ state: 'failed', outcome: { code: 'storage_full' } })
    }
    expect((await jobAt(server.url, accepted.at(-1) ?? '')).state).toBe('succeeded')
    // What was refused is not there.
    expect((await jobsAt(server.url)).map(({ id }) => id).toSorted()).toEqual(accepted.toSorted())
    await eventually(
      () => leftBehind(data),
      (left) => left.every((path) => path.startsWith('files/objects')),
      20_000,
    )
  } finally {
    await server.stop()
    disk.unmount()
  }
})

async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const size of [1_000_000, 4_096]) {
      for (;;) {
        const written = await file.write(Buffer.alloc(size, 'x')).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOSPC') return null
          throw error
        })
        if (!written || written.bytesWritten < size) break
      }
    }
  } finally {
    await file.close()
  }
}

it('Ctrl-C during `generate` ends it cleanly; the job goes on at the next start', async () => {
  const data = at('interrupted')
  const command = startSluice(['generate', '--kind', 'video', '--seconds', '4', '--size', '640x360', '--out', at('out'), 'A calm sea'], {
    env: { SLUICE_DATA: data, SLUICE_PORT: '0' },
  })
  await command.says(/Rendering video/)
  command.interrupt()
  const { exitCode, stdout, stderr } = await command.ended
  expect([exitCode, stderr]).toEqual([130, ''])
  expect(stdout).toMatch(/Stopped\. The job is kept and goes on at the next `sluice serve`\.\n$/)
  expect(existsSync(at('out'))).toBe(false)
  expect((await leftBehind(data)).filter((path) => !path.startsWith('files/objects'))).toEqual([])
  expect(existsSync(join(data, 'postgres', 'data', 'postmaster.pid'))).toBe(false)

  const server = await startServer(data)
  try {
    const [job, ...others] = await jobsAt(server.url)
    expect(others).toEqual([])
    expect(stdout).toContain(`/jobs/${job?.id}\n`)
    expect(await eventually(() => jobAt(server.url, job?.id ?? ''), ended, 90_000)).toMatchObject({ state: 'succeeded', outcome: null })
  } finally {
    await server.stop()
  }
})

describe('listening', () => {
  const env = () => ({ SLUICE_DATA: at('keys') })

  it('on a port that is taken is refused', async () => {
    const taken = await silentPort()
    try {
      expectRefusal(
        await sluice(['serve', '--port', `${taken.port}`], { env: env() }),
        new RegExp(`Port ${taken.port} on 127\\.0\\.0\\.1 is taken`),
        /--port 8788/,
      )
    } finally {
      taken.close()
    }
  })

  it('to others needs a key; with keys everyone sees only their own', async () => {
    expectRefusal(
      await sluice(['serve', '--host', '0.0.0.0', '--port', '0'], { env: env() }),
      /SLUICE_HOST is 0\.0\.0\.0, which others can reach, but there is no API key/,
      /sluice keys create/,
    )
    const keys: string[] = []
    for (const tenant of ['news', 'radio']) {
      const { exitCode, stdout, stderr } = await sluice(['keys', 'create', 'test', '--tenant', tenant], {
        env: { ...env(), SLUICE_LOG: 'warn' },
      })
      expect(exitCode, stderr).toBe(0)
      expect(stdout).toMatch(/^slc_\S{43}\n$/)
      expect(stderr).toMatch(/^Keep it now/)
      keys.push(stdout.trim())
    }
    const [news = '', radio = ''] = keys.map((key) => `Bearer ${key}`)
    expect(await readFile(at('keys', 'postgres', 'postgres.log'), 'utf8')).not.toContain(keys[0])

    const server = await startServer(at('keys'), {}, ['--host', '0.0.0.0'])
    const url = server.url.replace('0.0.0.0', '127.0.0.1')
    try {
      for (const headers of [
        {},
        { authorization: 'Bearer slc_nobody' },
        { authorization: `Bearer slc_${'A'.repeat(43)}` },
        { authorization: 'Basic eDp5' },
      ]) {
        for (const path of ['/v1/jobs', '/v1/assets', '/v1/events', '/v1/voices']) {
          const response = await fetch(`${url}${path}`, { headers: headers as Record<string, string> })
          expect(response.headers.get('www-authenticate')).toBe('Bearer')
          await expectProblem(response, 'unauthorized', url)
        }
        await expectProblem(await submit(url, sound, headers as Record<string, string>), 'unauthorized', url)
      }
      expectRefusal(await sluice(['generate', '--server', url, 'The tide comes in.'], { env: env() }), /no API key/, /SLUICE_KEY/)

      // From elsewhere, under any name: the key is what counts.
      expect((await rawRequest(url, '/v1/jobs', { headers: { host: 'sluice.example', authorization: news } })).status).toBe(200)
      const response = await submit(url, sound, { authorization: news })
      expect(response.status).toBe(202)
      const { id } = (await response.json()) as JobView
      const seen = (key: string, path: string, method = 'GET') => fetch(`${url}${path}`, { method, headers: { authorization: key } })
      const done = await eventually(async () => (await (await seen(news, `/v1/jobs/${id}`)).json()) as JobView, ended, 60_000)
      expect(done.state).toBe('succeeded')
      expect((await seen(news, `/v1/assets/${done.assetId}/hls/master.m3u8`)).status).toBe(200)

      expect(await (await seen(radio, '/v1/jobs')).json()).toMatchObject({ jobs: [] })
      expect(await (await seen(radio, '/v1/assets')).json()).toMatchObject({ assets: [] })
      for (const path of [`/v1/jobs/${id}`, `/v1/jobs/${id}/events`, `/v1/jobs/${id}/report`])
        await expectProblem(await seen(radio, path), 'job_not_found', url)
      for (const verb of ['cancel', 'retry']) await expectProblem(await seen(radio, `/v1/jobs/${id}/${verb}`, 'POST'), 'job_not_found', url)
      for (const path of ['', '/files/audio.m4a', '/hls/master.m3u8', '/hls/audio/0.m4s'])
        await expectProblem(await seen(radio, `/v1/assets/${done.assetId}${path}`), 'asset_not_found', url)
      expect(server.log()).toBe('')
    } finally {
      await server.stop()
    }
  })
})

it('a database that takes the call and never answers is given up in time', async () => {
  const result = await unanswered
  expectRefusal(result, /database cannot be reached.*time/, /DATABASE_URL is right/)
  expect(result.seconds).toBeLessThan(UNANSWERED_WITHIN_SECONDS)
})
