import { ProviderList, UsageQuery, UsageView } from '../../wire/spend.ts'
import type { App, Context } from '../context.ts'
import { withProblems } from '../openapi.ts'

const USAGE_MS = 30 * 24 * 3_600_000

export function spendRoutes(app: App, { store, engine, providers }: Context): void {
  app.get(
    '/usage',
    {
      schema: {
        operationId: 'getUsage',
        summary: 'What was spent, what is left of the budget, and what is stored',
        tags: ['spend'],
        querystring: UsageQuery,
        response: withProblems({ 200: UsageView }),
      },
    },
    async (request) => {
      const since = new Date(request.query.since ?? Date.now() - USAGE_MS)
      const [budget, usage, { storedBytes, quotaBytes, defaultRetention, periods }] = await Promise.all([
        store.ledger.budget(request.tenantId),
        store.ledger.usage(request.tenantId, since),
        engine.storage(request.tenantId),
      ])
      return { since: since.toISOString(), budget, storedBytes, quotaBytes, retention: { default: defaultRetention, ...periods }, usage }
    },
  )

  app.get(
    '/providers',
    {
      schema: {
        operationId: 'listProviders',
        summary: 'Who can make what here, and for how much',
        tags: ['spend'],
        response: withProblems({ 200: ProviderList }),
      },
    },
    async () => ({
      providers: providers.map(({ id, capabilities }) => ({
        id,
        kinds: [...capabilities.kinds],
        caution: capabilities.caution ?? null,
        models: (capabilities.models ?? []).map(({ id: model, kind, price, sunset }) => ({
          id: model,
          kind,
          price: { per: price.per, amountMicroUsd: price.amountMicroUsd, asOf: price.asOf },
          sunset: sunset ?? null,
        })),
      })),
    }),
  )
}
