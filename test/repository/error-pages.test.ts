import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { problems } from '../../src/domain/problems.ts'
import { trackedFiles } from './tracked-files.ts'

const pages = trackedFiles('docs/errors').filter((path) => basename(path) !== 'README.md')

test('every problem code has a page, and every page a code', () => {
  expect(pages.map((path) => basename(path, '.md'))).toEqual(Object.keys(problems).sort())
})

test.each(pages)('%s is headed by its code and says what to do', (path) => {
  const page = readFileSync(path, 'utf8')
  expect(page.split('\n')[0]).toContain(basename(path, '.md'))
  expect(page.length).toBeGreaterThan(200)
})
