import { expect, test } from 'vitest'
import { doctorLines } from './doctor.ts'

test('says what was found, what to do about the rest, and which of it is needed', () => {
  const lines = doctorLines([
    { what: 'Node', state: 'ok', found: 'v24.0.0' },
    { what: 'FFmpeg', state: 'missing', found: 'ffmpeg was not found', fix: 'brew install ffmpeg' },
    { what: 'bubblewrap', state: 'optional', found: 'not found', fix: 'install it' },
  ])
  expect(lines).toEqual([
    'ok        Node        v24.0.0',
    'missing   FFmpeg      ffmpeg was not found',
    '                      -> brew install ffmpeg',
    'optional  bubblewrap  not found',
    '                      -> install it',
    '',
    'Missing: FFmpeg.',
  ])
})

test('is content when only optional things are absent', () => {
  expect(doctorLines([{ what: 'Chromium', state: 'optional', found: 'not found', fix: 'npm test' }]).at(-1)).toBe(
    'Everything needed is here.',
  )
})
