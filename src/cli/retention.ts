import type { Config } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { openRetention } from '../compose/retention.ts'

export interface RetentionCommand {
  sweep?: boolean
}

/**
 * `sluice retention`: what is kept no longer and not removed yet, and what was left behind by something that broke. With `--sweep`
 * both are removed. A server that runs removes the first by itself, every minute.
 */
export async function retention(config: Config, { sweep = false }: RetentionCommand): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  const kept = await openRetention(config, createLogger(config.logLevel), stack)
  const report = await kept.look()
  for (const { jobId, known, objects } of report.orphans) {
    print(`${jobId}  ${counted(objects.length, 'object')}, ${bytesOf(objects)} bytes${known ? '' : ', of a job nobody knows'}`)
  }
  const left = report.orphans.flatMap(({ objects }) => objects)
  print(`${'overdue'.padEnd(12)} ${counted(report.overdue, 'asset')}`)
  print(`${'left behind'.padEnd(12)} ${counted(left.length, 'object')}, ${bytesOf(left)} bytes`)
  if (!sweep) return
  const { removedObjects, removedBytes } = await kept.sweep(report, stop.signal)
  print(`${'removed'.padEnd(12)} ${counted(removedObjects, 'object')}, ${removedBytes} bytes`)
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
const bytesOf = (objects: { sizeBytes: number }[]): number => objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
