import { styleText } from 'node:util'
import type { Config } from '../compose/config.ts'
import { ids } from '../compose/ids.ts'
import { createLogger } from '../compose/logger.ts'
import { openStoreBeside } from '../compose/open-store-beside.ts'
import { retentionOf } from '../compose/retention-of.ts'
import { formatByteSize } from '../domain/byte-size.ts'
import { SluiceError } from '../domain/errors.ts'
import type { RetentionClass, RetentionPeriods } from '../domain/retention.ts'
import { defaultRetentionOf, periodsOf, type Tenant, type TenantRetention } from '../domain/tenant.ts'
import type { Store } from '../ports/store.ts'

export interface Shown {
  json?: boolean
}

/** What is to change; what is absent stays. `server`: as the server is set, from then on. */
export interface TenantChange extends Shown {
  retention?: RetentionClass | 'server'
  ephemeralHours?: number | 'server'
  standardDays?: number | 'forever' | 'server'
  masterDays?: number | 'asset' | 'server'
  quota?: number | 'none'
}

/** A tenant as `--json` has it. */
interface Row {
  name: string
  storedBytes: number
  quotaBytes: number | null
  retention: { default: RetentionClass } & RetentionPeriods
  /** What of `retention` is the tenant's own. */
  own: TenantRetention
}

/** `sluice tenant list`: who stores how much, and may store how much. */
export async function listTenants(config: Config, { json = false }: Shown): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const [tenants, stored] = await Promise.all([store.tenants.list(), store.assets.storedBytesByTenant()])
  const rows = tenants.map((tenant) => rowOf(config, tenant, stored.get(tenant.id) ?? 0))
  if (json) return print(JSON.stringify({ tenants: rows }, null, 2))
  if (rows.length === 0) return print('There are no tenants yet; the first job or API key makes one.')
  const cells = rows.map(({ name, storedBytes, quotaBytes, retention }) => [
    name,
    formatByteSize(storedBytes),
    quotaBytes === null ? 'none' : formatByteSize(quotaBytes),
    retention.default,
  ])
  const heads = ['tenant', 'stored', 'quota', 'retention']
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  print([styleText('bold', line(heads), { stream: process.stdout }), ...cells.map(line)].join('\n'))
}

/** `sluice tenant show`: a tenant's policy, and what of it is its own. */
export async function showTenant(config: Config, name: string, { json = false }: Shown): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const tenant = (await store.tenants.list()).find((one) => one.name === name)
  if (!tenant) {
    throw new SluiceError('request_invalid', `There is no tenant ${JSON.stringify(name)}.`, {
      fix: '`sluice tenant list` shows who there is; `sluice keys create` and `sluice tenant set` make one.',
    })
  }
  await show(config, store, tenant, json)
}

/** `sluice tenant set`: changes a tenant's policy, also of one there is not yet, beside a running server or without. */
export async function setTenant(config: Config, name: string, change: TenantChange): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const id = await store.tenants.ensure(name, ids.next('ten'))
  const known = await store.tenants.get(id)
  if (!known) throw new Error(`the tenant ${name} was just there`)
  const tenant = { ...known, ...changed(known, change) }
  await store.tenants.setStoragePolicy(id, tenant)
  await show(config, store, tenant, change.json ?? false)
}

function changed({ retention, quotaBytes }: Tenant, { quota, ...change }: TenantChange): Pick<Tenant, 'retention' | 'quotaBytes'> {
  const next: TenantRetention = { ...retention }
  if (change.retention === 'server') delete next.class
  else if (change.retention !== undefined) next.class = change.retention
  if (change.ephemeralHours === 'server') delete next.ephemeralHours
  else if (change.ephemeralHours !== undefined) next.ephemeralHours = change.ephemeralHours
  if (change.standardDays === 'server') delete next.standardDays
  else if (change.standardDays !== undefined) next.standardDays = change.standardDays === 'forever' ? null : change.standardDays
  if (change.masterDays === 'server') delete next.masterDays
  else if (change.masterDays !== undefined) next.masterDays = change.masterDays === 'asset' ? null : change.masterDays
  return { retention: next, quotaBytes: quota === undefined ? quotaBytes : quota === 'none' ? null : quota }
}

async function show(config: Config, store: Store, tenant: Tenant, json: boolean): Promise<void> {
  const stored = await store.assets.storedBytes(tenant.id)
  const row = rowOf(config, tenant, stored.ephemeral + stored.standard + stored.permanent)
  if (json) return print(JSON.stringify(row, null, 2))
  const { storedBytes, quotaBytes, retention, own } = row
  const whose = (key: keyof TenantRetention) => (key in own ? '' : '  (the server’s)')
  const lines = [
    ['tenant', tenant.name],
    ['stored', `${formatByteSize(storedBytes)} (${storedBytes} bytes)`],
    ['quota', quotaBytes === null ? 'none' : `${formatByteSize(quotaBytes)} (${quotaBytes} bytes)`],
    ['retention', `${retention.default}${whose('class')}`],
    ['ephemeral', `${counted(retention.ephemeralHours, 'hour')}${whose('ephemeralHours')}`],
    ['standard', `${retention.standardDays === null ? 'for ever' : counted(retention.standardDays, 'day')}${whose('standardDays')}`],
    ['masters', `${retention.masterDays === null ? 'as the asset' : counted(retention.masterDays, 'day')}${whose('masterDays')}`],
  ]
  print(lines.map(([label = '', value]) => `${label.padEnd(10)} ${value}`).join('\n'))
}

function rowOf(config: Config, tenant: Tenant, storedBytes: number): Row {
  return {
    name: tenant.name,
    storedBytes,
    quotaBytes: tenant.quotaBytes,
    retention: { default: defaultRetentionOf(tenant), ...periodsOf(tenant, retentionOf(config)) },
    own: tenant.retention,
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
