import type { Config } from '../compose/config.ts'
import { openDeadLetters } from '../compose/dead-letters.ts'
import { createLogger } from '../compose/logger.ts'
import type { DeadLetter } from '../domain/dead-letter.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** `sluice dead-letters list`: what was given up and is open, of all tenants, newest first. */
export async function list(config: Config, { limit, json = false }: { limit: number; json?: boolean }): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { store } = await openDeadLetters(config, createLogger(config.logLevel), stack)
  const letters = await store.deadLetters.listOpen({ tenantId: null, limit })
  if (json) return print(JSON.stringify(letters, null, 2))
  if (letters.length === 0) return print('No dead letters.')
  for (const { id, tenantId, jobId, about, error, at } of letters) {
    print(`${id}  ${at.toISOString()}  ${nameOf(about).padEnd(16)}  ${jobId}  of ${tenantId}`)
    print(`  ${error.code === undefined ? '' : `${error.code}: `}${error.detail}${error.fix === undefined ? '' : ` ${error.fix}`}`)
  }
}

/** `sluice dead-letters retry`: begins it again, whosever it is. The processes that run do the work. */
export async function retry(config: Config, id: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const open = await openDeadLetters(config, createLogger(config.logLevel), stack)
  const { letter, repeated } = await open.retry(id)
  print(repeated ? `${id} was retried before; nothing was begun now` : begun(letter))
}

/** `sluice dead-letters dismiss`: lets it go. */
export async function dismiss(config: Config, id: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const open = await openDeadLetters(config, createLogger(config.logLevel), stack)
  await open.dismiss(id)
  print(`${id} is dismissed`)
}

function begun({ about, jobId, state }: DeadLetter): string {
  switch (about.kind) {
    case 'job':
      return `${state.state === 'retried' ? state.jobId : jobId} tries again what ${jobId} could not`
    case 'step':
      return `the step ${about.step} of ${jobId} is done again`
    case 'delivery':
      return `${about.deliveryId} is sent to ${about.webhookId} again`
  }
}

function nameOf(about: DeadLetter['about']): string {
  if (about.kind === 'job') return 'job'
  return about.kind === 'step' ? `step ${about.step}` : about.type
}
