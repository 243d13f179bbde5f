import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { providersPage } from '../../scripts/provider-docs/page.ts'
import { trackedFiles } from './tracked-files.ts'

const page = readFileSync('docs/providers.md', 'utf8')

test('docs/providers.md says what the adapters declare and what can be set; `npm run docs:providers` makes it anew', async () => {
  expect(await providersPage(page)).toBe(page)
})

test('a figure that was changed by hand is put right, and the prose is left as it is', async () => {
  const changed = page.replace('| `gen4.5` ', '| `gen9` ')
  expect(changed).not.toBe(page)
  expect(await providersPage(changed)).toBe(page)
  expect(await providersPage(page.replace('# Providers', '# Vendors'))).toBe(page.replace('# Providers', '# Vendors'))
})

test('links among the pages of docs lead somewhere', () => {
  const dead: string[] = []
  for (const path of trackedFiles('docs').filter((name) => name.endsWith('.md') && existsSync(name))) {
    for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      if (!existsSync(posix.join(posix.dirname(path), target))) dead.push(`${path}: ${target}`)
    }
  }
  expect(dead).toEqual([])
})
