import type { Config } from '../compose/config.ts'
import { lifecycleOf } from '../compose/lifecycle.ts'

export interface LifecycleCommand {
  unfinishedDays: number
  removedDays: number
  json?: boolean
}

/**
 * `sluice lifecycle apply|check`: the rules by which the bucket itself removes what Sluice cannot see or has removed already.
 * @returns the exit code: 1 when something differs, after `apply` as well
 */
export async function lifecycle(
  config: Config,
  what: 'apply' | 'check',
  { unfinishedDays, removedDays, json = false }: LifecycleCommand,
): Promise<0 | 1> {
  const report = await lifecycleOf(config, what, { unfinishedUploads: unfinishedDays, removedVersions: removedDays })
  const { bucket, wanted, differences, others, written } = report
  if (json) print(JSON.stringify(report, null, 2))
  else {
    if (written) print(`Written to the bucket ${bucket}, and read back: ${wanted.join(', ')}.`)
    for (const difference of differences) print(`differs  ${difference}`)
    if (differences.length === 0) print(`The bucket ${bucket} has the rules it should have; ${others} of others stand beside them.`)
    else if (what === 'check') print('`sluice lifecycle apply` mends its own rules; those of others are for who has written them.')
  }
  return differences.length === 0 ? 0 : 1
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
