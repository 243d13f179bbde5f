import { spawnSync } from 'node:child_process'

const program = process.env['SLUICE_TEST_PROMTOOL'] ?? 'promtool'
const LIMIT_MS = 60_000

/** Why what needs Prometheus's own tool is left out; `undefined`: it is there. */
export function whyNoPromtool(): string | undefined {
  const { status } = spawnSync(program, ['--version'], { timeout: LIMIT_MS })
  return status === 0
    ? undefined
    : `${program} does not run here: it comes with the package prometheus, or is named by SLUICE_TEST_PROMTOOL`
}

/** Runs it to its end and returns what it printed. Throws that when it finds fault. */
export function promtool(args: string[], input?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    ...(input !== undefined && { input }),
  })
  if (status !== 0) throw new Error(`promtool ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return `${stdout}${stderr}`
}
