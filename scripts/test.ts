// Every check of the project, the quick ones first. The last line is the count: `N passed, 0 failed`.
//
//   npm test                          everything
//   npm test -- src/engine            only these tests, without the static checks; arguments are Vitest's
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { biome, imports, types, unused } from './static-checks.ts'
import { readReport, type TestReport } from './test-report.ts'

/** The whole takes under 25 minutes on two cores; this only ends a run that hangs. */
const TESTS_TIMEOUT_MS = 40 * 60_000

const selection = process.argv.slice(2)
const startedAt = performance.now()
const rows: { name: string; passed: boolean; note: string; seconds: number }[] = []

if (selection.length === 0) {
  for (const { name, passes } of [biome, imports, unused, types]) {
    const from = performance.now()
    const passed = passes()
    rows.push({ name, passed, note: passed ? '' : 'see above', seconds: (performance.now() - from) / 1000 })
  }
}
const report = runTests(selection)
for (const { name, passed, failed, skipped, seconds } of report.projects) {
  rows.push({ name, passed: failed === 0, note: `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`, seconds })
}

console.log(`\n${'what'.padEnd(14)}${'seconds'.padStart(8)}  result`)
for (const { name, passed, note, seconds } of rows) {
  console.log(`${name.padEnd(14)}${seconds.toFixed(1).padStart(8)}  ${passed ? 'passed' : 'FAILED'}${note === '' ? '' : ` (${note})`}`)
}
console.log(`${'all'.padEnd(14)}${((performance.now() - startedAt) / 1000).toFixed(1).padStart(8)}`)
for (const skip of report.skips) console.log(`skipped: ${skip}`)
for (const problem of report.problems) console.log(`failed: ${problem}`)
const failedChecks = rows.filter(({ name, passed }) => !passed && !report.projects.some((project) => project.name === name))
const failed = report.failed + failedChecks.length
console.log(`${report.passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && report.passed > 0 ? 0 : 1

function runTests(paths: string[]): TestReport {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tests-'))
  const output = join(folder, 'report.json')
  try {
    const done = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=./scripts/test-reporter.ts', ...paths],
      { stdio: 'inherit', timeout: TESTS_TIMEOUT_MS, env: { ...process.env, SLUICE_TEST_REPORT: output } },
    )
    return readReport(() => readFileSync(output, 'utf8'), done.status ?? 1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
