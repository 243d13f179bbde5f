import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import type { ProjectReport, TestReport } from './test-report.ts'

/** Counts per project, written as JSON to the file that `SLUICE_TEST_REPORT` names. Vitest makes reporters with `new`. */
export default class TestReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const projects = new Map<string, ProjectReport>()
    const problems = unhandled.map((error) => `outside a test: ${error.message}`)
    const skips: string[] = []
    for (const module of modules) count(module, projects, problems, skips)
    const all = [...projects.values()]
    const report: TestReport = {
      projects: all,
      passed: all.reduce((sum, { passed }) => sum + passed, 0),
      failed: all.reduce((sum, { failed }) => sum + failed, 0) + unhandled.length,
      problems,
      skips,
    }
    const path = process.env['SLUICE_TEST_REPORT']
    if (path === undefined) throw new Error('SLUICE_TEST_REPORT does not name a file')
    writeFileSync(path, JSON.stringify(report))
  }
}

function count(module: TestModule, projects: Map<string, ProjectReport>, problems: string[], skips: string[]): void {
  const name = module.project.name
  const project = projects.get(name) ?? { name, passed: 0, failed: 0, skipped: 0, seconds: 0 }
  projects.set(name, project)
  project.seconds += module.diagnostic().duration / 1000
  const file = relative(process.cwd(), module.moduleId)

  let failedTests = 0
  for (const test of module.children.allTests()) {
    const result = test.result()
    const where = `${file} > ${test.fullName}`
    if (result.state === 'passed') project.passed += 1
    else if (result.state === 'skipped') {
      project.skipped += 1
      // The reason is a note, or stands in the name.
      const named = /\((skipped:|needs) /.test(where)
      skips.push(named ? where : `${where} (${result.note ?? 'no reason given'})`)
    } else {
      failedTests += 1
      problems.push(result.state === 'failed' ? where : `${where} did not end`)
    }
  }
  // A file that does not load, or a hook that fails, has no failed test to show for it.
  const broken = module.state() === 'failed' && failedTests === 0
  if (broken) problems.push(`${file}: ${module.errors()[0]?.message ?? 'a hook failed'}`)
  project.failed += failedTests + (broken ? 1 : 0)
}
