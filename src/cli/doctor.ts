import type { Config } from '../compose/config.ts'
import { examine, type Finding } from '../compose/examine.ts'

/**
 * `sluice doctor`: what was found on this machine, and how to get what is missing.
 * @returns the exit code: 1 when something needed is missing
 */
export async function doctor(config: Config, { json = false }: { json?: boolean }): Promise<0 | 1> {
  const findings = await examine(config)
  const works = findings.every(({ state }) => state !== 'missing')
  process.stdout.write(json ? `${JSON.stringify({ works, findings }, null, 2)}\n` : `${doctorLines(findings).join('\n')}\n`)
  return works ? 0 : 1
}

/** A line per finding, what to do below each that is not `ok`, and a sentence for the whole. */
export function doctorLines(findings: Finding[]): string[] {
  const width = Math.max(0, ...findings.map(({ what }) => what.length))
  const lines = findings.flatMap(({ what, state, found, fix }) => [
    `${state.padEnd(8)}  ${what.padEnd(width)}  ${found}`,
    ...(fix === undefined ? [] : [`${' '.repeat(8)}  ${' '.repeat(width)}  -> ${fix}`]),
  ])
  const lacking = findings.filter(({ state }) => state === 'missing').map(({ what }) => what)
  return [...lines, '', lacking.length === 0 ? 'Everything needed is here.' : `Missing: ${lacking.join(', ')}.`]
}
