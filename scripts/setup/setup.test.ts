import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { firstMissingPackage } from './packages.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-setup-test-'))
  // A process that gave up root must still be able to read it.
  chmodSync(folder, 0o755)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('packages', () => {
  const lock = (version: string, more: object = {}) => ({
    packages: { '': {}, 'node_modules/zod': { version }, 'node_modules/mac-only': { version: '1.0.0', optional: true }, ...more },
  })
  const write = (wanted: object, installed?: object) => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(wanted))
    if (installed === undefined) return
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(installed))
  }

  test('none are there in a fresh clone, or after an install cut short', () => {
    write(lock('4.0.0'))
    expect(firstMissingPackage(folder)).toBe('this folder has none yet')
  })

  test('are complete without the optional ones of other platforms', () => {
    write(lock('4.0.0'), { packages: { 'node_modules/zod': { version: '4.0.0' } } })
    expect(firstMissingPackage(folder)).toBeUndefined()
  })

  test('are out of date when the lock file moved on', () => {
    write(lock('4.1.0', { 'node_modules/pg': { version: '8.0.0' } }), { packages: { 'node_modules/zod': { version: '4.1.0' } } })
    expect(firstMissingPackage(folder)).toBe('pg 8.0.0 is missing')
    write(lock('4.1.0'), { packages: { 'node_modules/zod': { version: '4.0.0' } } })
    expect(firstMissingPackage(folder)).toBe('zod 4.1.0 is at 4.0.0')
  })
})

describe('programs', () => {
  const NOBODY = 65_534

  /** A PATH of nothing but these shell scripts. */
  function machine(programs: Record<string, string>): string {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    for (const name of ['sh', 'env', 'cp', 'chmod', 'ln']) symlinkSync(`/bin/${name}`, join(bin, name))
    for (const [name, body] of Object.entries(programs)) writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    return bin
  }

  /** Looks for FFmpeg as the set-up does; the answer is the environment for the task, or the message and the line to type. */
  function ensureFfmpeg(path: string, options: { asRoot: boolean; variables?: Record<string, string> }) {
    const module = new URL('./programs.mjs', import.meta.url).href
    const script = `
      import { ensurePrograms } from ${JSON.stringify(module)}
      if (process.argv[1] === 'user' && process.getuid() === 0) process.setuid(${NOBODY})
      if (process.argv[1] === 'root') process.getuid = () => 0
      try { console.log('found', JSON.stringify(ensurePrograms(['ffmpeg']))) } catch (e) { console.log(e.message); console.log(e.fix) }`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, options.asRoot ? 'root' : 'user'], {
      encoding: 'utf8',
      env: { PATH: path, ...options.variables },
    })
    return { answer: stdout.trim().split('\n'), said: stderr }
  }

  test('that are on PATH are used, and nothing is installed', () => {
    const path = machine({ ffmpeg: '', ffprobe: '', 'apt-get': 'echo must not run >&2' })
    expect(ensureFfmpeg(path, { asRoot: true })).toEqual({ answer: ['found {}'], said: '' })
  })

  test('that are missing are installed with apt by root, saying so', () => {
    const bin = join(folder, 'bin')
    machine({
      'apt-get': `if [ "$1" = install ]; then cp ${bin}/apt-get ${bin}/ffmpeg; cp ${bin}/apt-get ${bin}/ffprobe; echo "$@" >&2; fi`,
    })
    const { answer, said } = ensureFfmpeg(bin, { asRoot: true })
    expect(answer).toEqual(['found {}'])
    expect(said).toContain('sluice: installing FFmpeg with ffprobe (apt-get install ffmpeg)')
    expect(said).toMatch(/install -y .* ffmpeg\n$/)
  })

  test('are installed through a sudo that asks for no password', () => {
    const bin = join(folder, 'bin')
    const ran = join(folder, 'ran')
    machine({ 'apt-get': 'exit 1', sudo: `printf '%s\\n' "$*" >> ${ran}` })
    writeFileSync(ran, '')
    chmodSync(ran, 0o666)
    ensureFfmpeg(bin, { asRoot: false })
    expect(readFileSync(ran, 'utf8')).toMatch(
      /^-n true\n-n apt-get update -qq\n-n env DEBIAN_FRONTEND=noninteractive apt-get install -y .* ffmpeg\n$/,
    )
  })

  test('that cannot be installed leave the exact line to type', () => {
    const path = machine({ 'apt-get': 'echo must not run >&2' })
    const { answer, said } = ensureFfmpeg(path, { asRoot: false })
    expect(answer.at(-1)).toBe('sudo apt-get update && sudo apt-get install -y ffmpeg')
    expect(said).toBe('')
  })

  test('have a line for other package managers too', () => {
    expect(ensureFfmpeg(machine({ dnf: '' }), { asRoot: false }).answer.at(-1)).toBe('sudo dnf install -y ffmpeg')
  })

  test('whose installation fails say what failed', () => {
    const { answer } = ensureFfmpeg(machine({ 'apt-get': 'exit 100' }), { asRoot: true })
    expect(answer).toEqual([
      'FFmpeg with ffprobe is missing: env ended with 100. Type this, then try again:',
      'apt-get update && apt-get install -y ffmpeg',
    ])
  })

  test('that the configuration names must exist', () => {
    const { answer } = ensureFfmpeg(machine({ ffmpeg: '', ffprobe: '' }), { asRoot: true, variables: { SLUICE_FFMPEG: '/nowhere/ffmpeg' } })
    expect(answer[0]).toBe("SLUICE_FFMPEG names '/nowhere/ffmpeg', which is not a program.")
  })
})

test('one set-up at a time works on a folder, also after one was killed', async () => {
  const module = new URL('./lock.mjs', import.meta.url).href
  const owner = (body: string) =>
    spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { withSetupLock } from ${JSON.stringify(module)}; await withSetupLock(process.argv[1], async () => {${body}})`,
        folder,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } },
    )
  const said = async (stream: NodeJS.ReadableStream, words: string) => {
    for await (const chunk of stream) if (String(chunk).includes(words)) return
    throw new Error(`never said: ${words}`)
  }

  const first = owner("console.log('in'); await new Promise((r) => setInterval(r, 1e6, 0))")
  await said(first.stdout, 'in')
  const second = owner("console.log('in')")
  await said(second.stderr, 'waiting for another set-up')
  expect(second.exitCode).toBeNull()
  first.kill('SIGKILL')
  await said(second.stdout, 'in')
})
