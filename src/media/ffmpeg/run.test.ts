import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Logger } from '../../ports/logger.ts'
import { inputArgs } from './inputs.ts'
import { locateFfmpeg } from './locate.ts'
import { createToolRunner } from './run.ts'
import { defaultLimits, sandboxed } from './sandbox.ts'

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const folder = await mkdtemp(join(tmpdir(), 'run-'))
afterAll(() => rm(folder, { recursive: true }))
const paths = await locateFfmpeg()
const runner = createToolRunner({ ...paths, sandbox: 'off', log: quiet })
const open = new AbortController().signal
const silence = { stdin: { format: 's16le', options: ['-ar', '48000', '-ac', '2'] } }
const toNull = ['-f', 'null', '-']

async function* zeros(chunks: number, sizeBytes = 65_536) {
  for (let i = 0; i < chunks; i++) yield new Uint8Array(sizeBytes)
}
async function* endless() {
  for (;;) yield new Uint8Array(65_536)
}
const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a run', () => {
  it('feeds standard input and collects standard output', async () => {
    const { stdout } = await runner.run({
      inputs: [silence],
      args: ['-f', 's16le', 'pipe:1'],
      signal: open,
      timeoutMs: 20_000,
      stdin: zeros(5),
    })
    expect(stdout.length).toBe(5 * 65_536)
  })

  it('hands over further streams and tells how far it is', async () => {
    const seen: number[] = []
    const child = await runner.start({
      inputs: [silence],
      args: ['-f', 's16le', 'pipe:3', '-f', 'adts', 'pipe:4'],
      signal: open,
      timeoutMs: 20_000,
      pipes: 2,
      progress: (seconds) => seen.push(seconds),
    })
    child.stdin?.end(new Uint8Array(192_000))
    const [pcm, adts] = await Promise.all(child.pipes.map(async (pipe) => Buffer.concat(await pipe.toArray())))
    await child.done
    expect(pcm?.length).toBe(192_000)
    expect(adts?.readUInt16BE(0)).toBe(0xff_f1)
    expect(seen.at(-1)).toBeGreaterThan(0.9)
  })

  it('that is told to stop from outside says nothing against its input', async () => {
    const child = await runner.start({ inputs: [silence], args: toNull, signal: open, timeoutMs: 20_000 })
    child.stdin?.write(new Uint8Array(192_000))
    // It reads, so it has set up its handlers.
    await new Promise((drained) => child.stdin?.once('drain', drained))
    process.kill(child.pid ?? 0, 'SIGINT')
    child.stdin?.end()
    await expect(child.done).rejects.toMatchObject({ code: 'media_tool_failed' })
  })

  it('ends as a whole when its signal does', async () => {
    const stop = new AbortController()
    const child = await runner.start({ inputs: [silence], args: toNull, signal: stop.signal, timeoutMs: 20_000 })
    stop.abort(new Error('enough'))
    await expect(child.done).rejects.toThrow('enough')
    expect(alive(child.pid ?? 0)).toBe(false)
  })

  it('ends when its time is over', async () => {
    const run = runner.run({ inputs: [silence], args: toNull, signal: open, timeoutMs: 300, stdin: endless() })
    await expect(run).rejects.toMatchObject({ code: 'media_tool_failed', message: 'ffmpeg took longer than 0.3 s' })
  })

  it('stops with the error of its source', async () => {
    const failing = (async function* () {
      yield new Uint8Array(1024)
      throw new Error('the source broke')
    })()
    await expect(runner.run({ inputs: [silence], args: toNull, signal: open, timeoutMs: 20_000, stdin: failing })).rejects.toThrow(
      'the source broke',
    )
  })

  it('says how to install what is missing', async () => {
    const absent = createToolRunner({
      ffmpegPath: join(folder, 'ffmpeg'),
      ffprobePath: join(folder, 'ffprobe'),
      sandbox: 'off',
      log: quiet,
    })
    const run = absent.run({ inputs: [silence], args: toNull, signal: open, timeoutMs: 20_000, stdin: zeros(1) })
    await expect(run).rejects.toMatchObject({ code: 'media_tool_missing', fix: expect.stringContaining('install') })
    await expect(locateFfmpeg({ ffmpegPath: join(folder, 'ffmpeg') })).rejects.toMatchObject({ code: 'media_tool_missing' })
  })

  it('tells an encoder that is not there from an input that is broken', async () => {
    const order = { signal: open, timeoutMs: 20_000 }
    await expect(
      runner.run({ ...order, inputs: [silence], args: ['-c:a', 'nonesuch', '-f', 'null', '-'], stdin: zeros(1) }),
    ).rejects.toMatchObject({ code: 'media_tool_missing' })
    await expect(runner.run({ ...order, inputs: [{ path: join(folder, 'none.mp4') }], args: toNull })).rejects.toMatchObject({
      code: 'media_unreadable',
    })
  })

  it.skipIf(process.platform !== 'linux')('says that the disk is full (needs /dev/full of Linux)', async () => {
    const order = { inputs: [silence], args: ['-f', 's16le', 'file:/dev/full'], signal: open, timeoutMs: 20_000 }
    await expect(runner.run({ ...order, stdin: zeros(40) })).rejects.toMatchObject({ code: 'storage_full' })
    // So little is written when all is read, and FFmpeg ends with 0 all the same.
    await expect(runner.run({ ...order, stdin: zeros(40, 64) })).rejects.toMatchObject({ code: 'storage_full' })
  })
})

describe('the command line', () => {
  it('guards every file', () => {
    expect(inputArgs({ path: '/a/-i.mp4', options: ['-ss', '3'] }).join(' ')).toBe(
      '-protocol_whitelist file,pipe -format_whitelist mov,matroska,mp3,wav,ogg,flac,aac -max_pixels 40000000 -ss 3 -i file:/a/-i.mp4',
    )
  })

  it('is wrapped in what the machine offers', () => {
    const reach = { program: '/usr/bin/ffmpeg', reads: ['/in.mp4'], writes: ['/out'] }
    expect(sandboxed({ prlimit: null, setpriv: null, bwrap: null }, defaultLimits, reach, ['-x'])).toEqual(['/usr/bin/ffmpeg', '-x'])
    const all = sandboxed({ prlimit: '/prlimit', setpriv: '/setpriv', bwrap: '/bwrap' }, defaultLimits, reach, ['-x']).join(' ')
    expect(all).toMatch(
      /^\/setpriv --pdeathsig KILL \/bwrap --unshare-all .*--bind \/out \/out --ro-bind \/in\.mp4 \/in\.mp4 -- \/prlimit .*--nofile=256.* -- \/usr\/bin\/ffmpeg -x$/,
    )
  })
})
