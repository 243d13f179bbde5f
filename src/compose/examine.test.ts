import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findOnPath } from '../media/ffmpeg/locate.ts'
import { loadConfig } from './config.ts'
import { examine, type Finding } from './examine.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-examine-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function look(variables: Record<string, string>): Promise<Map<string, Finding>> {
  const findings = await examine(loadConfig({ SLUICE_DATA: folder, ...variables }))
  return new Map(findings.map((finding) => [finding.what, finding]))
}

test('a machine that runs these tests has everything needed, and its versions are told', async () => {
  const found = await look({})
  expect([...found.values()].filter(({ state }) => state === 'missing')).toEqual([])
  expect(found.get('Node')?.found).toBe(process.version)
  expect(found.get('FFmpeg')?.found).toMatch(/^\S*\d\S* at \/.*ffmpeg$/)
  expect(found.get('PostgreSQL')?.found).toMatch(/^embedded, \d+\.\d+/)
  expect(found.get('data folder')?.found).toMatch(/ [\d.]+ GB free$/)
})

test('an FFmpeg that is not there is missing, with a way to get it, and the rest is still told', async () => {
  const found = await look({ SLUICE_FFMPEG: join(folder, 'no-ffmpeg') })
  expect(found.get('FFmpeg')).toMatchObject({ state: 'missing', fix: expect.stringContaining('Install FFmpeg') })
  expect(found.get('PostgreSQL')?.state).toBe('ok')
})

test('an FFmpeg without an encoder we need says which', async () => {
  const real = (await findOnPath('ffmpeg')) ?? ''
  const cut = join(folder, 'ffmpeg')
  await writeFile(cut, `#!/bin/sh\n${real} "$@" | grep -v libx264\n`, { mode: 0o755 })
  await symlink((await findOnPath('ffprobe')) ?? '', join(folder, 'ffprobe'))
  const found = await look({ SLUICE_FFMPEG: cut })
  expect(found.get('FFmpeg encoders')).toMatchObject({ state: 'missing', found: 'without libx264' })
  expect(found.get('FFmpeg filters')?.state).toBe('ok')
})

test('a database that does not answer is missing, and its password is not told', async () => {
  const found = await look({ DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/news' })
  expect(found.get('PostgreSQL')).toMatchObject({
    state: 'missing',
    found: expect.stringContaining('127.0.0.1:1/news: The database cannot be reached'),
  })
  expect(JSON.stringify([...found.values()])).not.toContain('secret')
})

test('a data folder below a file cannot be written', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const found = await look({ SLUICE_DATA: join(file, 'data') })
  expect(found.get('data folder')?.state).toBe('missing')
})
