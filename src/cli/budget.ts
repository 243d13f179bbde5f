import type { Config } from '../compose/config.ts'
import { ids } from '../compose/ids.ts'
import { createLogger } from '../compose/logger.ts'
import { openStoreBeside } from '../compose/open-store-beside.ts'
import { type MicroUsd, usd } from '../domain/money.ts'

export interface BudgetCommand {
  tenant: string
  /** In micro-dollars. Absent: it stays. */
  limitUsd?: MicroUsd | 'none'
}

/**
 * `sluice budget`: sets what a tenant may spend, and shows what is left of it. The limit holds for all of its spending, what
 * is set aside for orders under way included; from then on no order goes out that could exceed it, also from a server that runs.
 */
export async function budget(config: Config, { tenant, limitUsd }: BudgetCommand): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const tenantId = await store.tenants.ensure(tenant, ids.next('ten'))
  if (limitUsd !== undefined) await store.ledger.setLimit(tenantId, limitUsd === 'none' ? null : limitUsd)
  const { limitMicroUsd, spentMicroUsd, reservedMicroUsd } = await store.ledger.budget(tenantId)
  const left = limitMicroUsd === null ? null : Math.max(0, limitMicroUsd - spentMicroUsd - reservedMicroUsd)
  const rows = [
    ['limit', limitMicroUsd === null ? 'none' : usd(limitMicroUsd)],
    ['spent', usd(spentMicroUsd)],
    ['set aside', usd(reservedMicroUsd)],
    ...(left === null ? [] : [['left', usd(left)]]),
  ]
  process.stdout.write(`${rows.map(([name = '', amount]) => `${name.padEnd(10)} ${amount}`).join('\n')}\n`)
}
