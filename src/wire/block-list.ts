import { z } from 'zod'
import { faultOfEntry, MAX_BLOCK_LIST_ENTRIES } from '../domain/block-list.ts'

const entry = z
  .string()
  .refine((text) => faultOfEntry(text) === null, { error: ({ input }) => faultOfEntry(String(input)) ?? 'Is not valid.' })
  .describe('A word or phrase: whole words, whatever their case and diacritics. `*` begins or ends a word of which more may follow.')

export const BlockListInput = z
  .strictObject({ entries: z.array(entry).max(MAX_BLOCK_LIST_ENTRIES).describe('The whole list, in place of the one before.') })
  .meta({ id: 'BlockListRequest' })
export type BlockListInput = z.input<typeof BlockListInput>

export const BlockListView = z
  .object({
    entries: z.array(z.string()).describe('A finding names an entry by its place in this list, the first is 1.'),
    updatedAt: z.iso.datetime().nullable().describe('Null: there never was a list.'),
  })
  .meta({ id: 'BlockList' })
export type BlockListView = z.output<typeof BlockListView>
