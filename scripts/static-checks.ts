import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { findWrongImports } from './check-imports.ts'

const CHECK_TIMEOUT_MS = 5 * 60_000

export interface StaticCheck {
  name: string
  /** Prints what is wrong; true when nothing is. */
  passes(): boolean
}

export const biome: StaticCheck = {
  name: 'biome',
  passes: () => runs('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
}
export const imports: StaticCheck = { name: 'import rules', passes: importRulesHold }
export const unused: StaticCheck = { name: 'knip', passes: () => runs('node_modules/knip/bin/knip.js') }
export const types: StaticCheck = { name: 'types', passes: () => runs('node_modules/typescript/bin/tsc', '-b') }

/** Runs a program of the project with this Node and shows its output. */
function runs(program: string, ...rest: string[]): boolean {
  return spawnSync(process.execPath, [program, ...rest], { stdio: 'inherit', timeout: CHECK_TIMEOUT_MS }).status === 0
}

function importRulesHold(): boolean {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'apps/studio'], {
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
  })
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`)
  const paths = listed.stdout.split('\n').filter((path) => /\.tsx?$/.test(path))
  const wrong = findWrongImports(paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })))
  for (const { path, line, specifier, reason } of wrong) console.log(`${path}:${line} imports '${specifier}': ${reason}`)
  return wrong.length === 0
}
