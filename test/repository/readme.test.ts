import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from '../../src/compose/config.ts'

const readme = readFileSync('README.md', 'utf8')

test('the README lists every setting as the configuration has it', () => {
  // The formatter pads the cells.
  const lines = readme.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  const rest = lines.slice(lines.indexOf('| variable | default | meaning |') + 2)
  const table = rest.slice(0, rest.indexOf(''))
  const rows = Object.values(settings).map(({ variable, fallback, meaning }) => `| \`${variable}\` | ${fallback} | ${meaning} |`)
  expect(table).toEqual(rows)
})

test('every npm script the README and CONTRIBUTING name exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const text = readme + readFileSync('CONTRIBUTING.md', 'utf8')
  const named = [...text.matchAll(/npm run ([a-z:-]+)(?![a-z:-]| -w)/g)].map((match) => match[1] ?? '')
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
})

test('links to files of the project lead somewhere', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md']) {
    for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(target.replace(/\/?$/, '')), `${page}: ${target}`).not.toThrow(/ENOENT/)
    }
  }
})
