import type { Config } from '../compose/config.ts'
import { judgeAgain } from '../compose/judge-again.ts'
import { createLogger } from '../compose/logger.ts'
import type { Difference } from '../domain/judgement-difference.ts'

export interface JudgeCommand {
  tenant: string
  since: Date
  profile: string
}

/**
 * `sluice judge`: holds a profile against assets made since a day, and prints what it says otherwise than the one they were made under. The
 * verdicts are kept beside those; no asset changes. Also beside a running server.
 */
export async function judge(config: Config, command: JudgeCommand): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let assets = 0
  let changed = 0
  for await (const { asset, differences, profile } of judgeAgain(config, command, createLogger(config.logLevel), stop.signal)) {
    if (assets++ === 0) process.stdout.write(`Judged by ${profile.name}, version ${profile.version}:\n`)
    if (differences.length > 0) changed++
    process.stdout.write(`\n${asset.id}  ${asset.title}\n${differences.length === 0 ? '  the same' : differences.map(line).join('\n')}\n`)
  }
  process.stdout.write(assets === 0 ? 'Nothing was made since then.\n' : `\n${assets} judged, ${changed} otherwise than before.\n`)
}

function line({ check, before, after }: Difference): string {
  const change = `  ${check.padEnd(18)} ${(before?.verdict ?? 'not judged').padEnd(10)} -> ${after?.verdict ?? 'not judged'}`
  return after ? `${change}: ${after.detail}` : change
}
