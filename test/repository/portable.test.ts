import { readFileSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { trackedFiles } from './tracked-files.ts'

const LARGEST_TEXT_BYTES = 2_000_000

/** Put together here, so that this file does not contain what it looks for. */
const forbidden = [
  {
    what: 'a folder of one machine',
    pattern: new RegExp(`(?<![\\w.])/${['(?:work', 'root)/\\w', 'Users/\\w+/', 'home/\\w+/'].join('|/')}`),
  },
  { what: 'the host of a package registry', pattern: new RegExp(['registry\\.npm', 'js\\.org|registry\\.yarn', 'pkg\\.com'].join('')) },
  { what: 'where a package was downloaded from', pattern: new RegExp('"resol' + 'ved": "https?:') },
]

test('no tracked file names a machine or a registry', () => {
  const found: string[] = []
  for (const path of trackedFiles()) {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined || stats.size > LARGEST_TEXT_BYTES) continue
    const text = readFileSync(path, 'utf8')
    if (text.includes('\0')) continue
    for (const { what, pattern } of forbidden) {
      const match = pattern.exec(text)
      if (match) found.push(`${path} names ${what}: ${match[0]}`)
    }
  }
  expect(found).toEqual([])
})
