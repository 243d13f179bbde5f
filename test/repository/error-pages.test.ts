import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { problems } from '../../src/domain/problems.ts'
import { trackedFiles } from './tracked-files.ts'

const pages = trackedFiles('docs/errors').filter((path) => basename(path) !== 'README.md')

test('every problem code has a page, and every page a code', () => {
  expect(pages.map((path) => basename(path, '.md'))).toEqual(Object.keys(problems).sort())
})

test.each(Object.entries(problems))('the page of %s has its title, its status, and says how to mend it', (code, { status, title }) => {
  const page = readFileSync(`docs/errors/${code}.md`, 'utf8')
  expect(page).toContain(`# ${title}\n\n\`${code}\` · HTTP ${status}\n`)
  expect(page).toMatch(/\n## How to mend it\n\n\S/)
})
