import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'

interface Manifest {
  name: string
  bin: Record<string, string>
  exports: Record<string, string | { types?: string; default: string }>
}

const { name, bin, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const entries = Object.entries(exports).filter(([subpath]) => subpath !== './package.json')
const targetOf = (entry: Manifest['exports'][string]): string => (typeof entry === 'string' ? entry : entry.default)

/** The source that `tsc -b` makes a file of `dist` from. */
const sourceOf = (path: string): string => path.replace(/^\.?\/?dist\//, 'src/').replace(/\.js$/, '.ts')

const layers = ['src/client', 'src/player', 'src/elements', 'src/testing', 'src/cli']

beforeAll(() => {
  const built = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...layers], { encoding: 'utf8', timeout: 120_000 })
  expect(built.stdout).toBe('')
}, 150_000)

test.each([...entries.map(([subpath, entry]) => [subpath, targetOf(entry)]), ...Object.entries(bin)])(
  '%s is built from a source',
  (_subpath, path) => {
    expect(existsSync(sourceOf(path)), sourceOf(path)).toBe(true)
    expect(existsSync(path), path).toBe(true)
  },
)

test.each(entries.map(([subpath]) => subpath))('%s can be imported as users import it, by Node, and exports something', (subpath) => {
  const specifier = JSON.stringify(`${name}/${subpath.slice(2)}`)
  const script = `console.log(Object.keys(await import(${specifier})).join(' '))`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.trim()).not.toBe('')
})
