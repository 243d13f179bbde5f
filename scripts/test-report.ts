export interface ProjectReport {
  name: string
  passed: number
  failed: number
  skipped: number
  /** Sum over its files; they may have run beside each other. */
  seconds: number
}

export interface TestReport {
  projects: ProjectReport[]
  passed: number
  failed: number
  /** One line per failed test, broken file or error outside a test; and each skipped test with its reason. */
  problems: string[]
  skips: string[]
}

/**
 * The report the reporter left. A run that ended without one (crash, timeout), or badly with nothing failed (an error
 * outside any test), counts as one failure, so that it cannot look green.
 */
export function readReport(read: () => string, exitCode: number): TestReport {
  let report: TestReport
  try {
    report = JSON.parse(read()) as TestReport
  } catch (error) {
    return { projects: [], passed: 0, failed: 1, skips: [], problems: [`Vitest left no report (exit code ${exitCode}): ${String(error)}`] }
  }
  if (exitCode === 0 || report.failed > 0) return report
  return { ...report, failed: 1, problems: [...report.problems, `Vitest ended with ${exitCode}, though no test failed`] }
}
