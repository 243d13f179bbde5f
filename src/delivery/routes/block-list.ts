import type { BlockList } from '../../domain/block-list.ts'
import { BlockListInput, BlockListView } from '../../wire/block-list.ts'
import type { App, Context } from '../context.ts'
import { withProblems } from '../openapi.ts'

export function blockListRoutes(app: App, { store }: Context): void {
  app.get(
    '/blocklist',
    {
      schema: {
        operationId: 'getBlockList',
        summary: 'The words and phrases that are not to be asked for, seen or heard',
        tags: ['guardrails'],
        response: withProblems({ 200: BlockListView }),
      },
    },
    async (request) => viewOf(await store.blockLists.get(request.tenantId)),
  )

  app.put(
    '/blocklist',
    {
      schema: {
        operationId: 'putBlockList',
        summary: 'Replace them',
        tags: ['guardrails'],
        body: BlockListInput,
        response: withProblems({ 200: BlockListView }),
      },
    },
    async (request) => {
      const { entries } = request.body
      const updatedAt = new Date()
      await store.blockLists.set(request.tenantId, entries, updatedAt)
      return viewOf({ entries, updatedAt })
    },
  )
}

const viewOf = ({ entries, updatedAt }: BlockList): BlockListView => ({ entries, updatedAt: updatedAt?.toISOString() ?? null })
