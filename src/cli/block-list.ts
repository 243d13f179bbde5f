import { readFile } from 'node:fs/promises'
import type { Config } from '../compose/config.ts'
import { ids } from '../compose/ids.ts'
import { createLogger } from '../compose/logger.ts'
import { openStoreBeside } from '../compose/open-store-beside.ts'
import { faultOfEntry, MAX_BLOCK_LIST_ENTRIES } from '../domain/block-list.ts'
import { SluiceError } from '../domain/errors.ts'

export interface BlockListCommand {
  tenant: string
  add: string[]
  remove: string[]
  /** A text file with one entry a line, in place of the list. */
  file?: string
}

/** `sluice blocklist`: changes a tenant's list of words and phrases, and shows it with the numbers that findings name. */
export async function blockList(config: Config, { tenant, add, remove, file }: BlockListCommand): Promise<void> {
  const given = file === undefined ? undefined : await linesOf(file)
  await using stack = new AsyncDisposableStack()
  const store = await openStoreBeside(config, createLogger(config.logLevel), stack)
  const tenantId = await store.tenants.ensure(tenant, ids.next('ten'))
  const { entries: before } = await store.blockLists.get(tenantId)
  const entries = [...new Set([...(given ?? before), ...add])].filter((entry) => !remove.includes(entry))
  check(entries)
  if (given !== undefined || add.length + remove.length > 0) await store.blockLists.set(tenantId, entries, new Date())
  for (const [index, entry] of entries.entries()) process.stdout.write(`${String(index + 1).padStart(4)}  ${entry}\n`)
  if (entries.length === 0) process.stdout.write('The list is empty.\n')
}

function check(entries: string[]): void {
  for (const entry of entries) {
    const fault = faultOfEntry(entry)
    if (fault !== null) throw invalid(`${JSON.stringify(entry)}: ${fault}`, 'An entry is a word or a phrase; `*` may begin or end a word.')
  }
  if (entries.length > MAX_BLOCK_LIST_ENTRIES)
    throw invalid(
      `There would be ${entries.length} entries; at most ${MAX_BLOCK_LIST_ENTRIES} are taken.`,
      'Leave some out; `*` may stand for several.',
    )
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(`${path} cannot be read (${error.code}).`, 'Name a text file with one entry a line.')
  })
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function invalid(detail: string, fix: string): SluiceError {
  return new SluiceError('request_invalid', detail, { fix })
}
