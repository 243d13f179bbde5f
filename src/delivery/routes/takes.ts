import { z } from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { isId } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/spend.ts'
import type { Take } from '../../domain/take.ts'
import { DecisionInput, TakeList, TakeView } from '../../wire/spend.ts'
import type { App, Context } from '../context.ts'
import { asJobId, findJob } from '../find.ts'
import { withProblems } from '../openapi.ts'

const JobParams = z.object({ id: z.string() })

export function takeRoutes(app: App, { engine, store, providers }: Context): void {
  /** Whether an order of the take could be followed by its id. */
  const adoptable = (take: Take): boolean => !!providers.find(({ id }) => id === take.provider)?.adopt?.('any', take.request)

  app.get(
    '/jobs/:id/takes',
    {
      schema: {
        operationId: 'listTakes',
        summary: 'What was ordered for a job, where, and what it cost',
        tags: ['jobs'],
        params: JobParams,
        response: withProblems({ 200: TakeList }),
      },
    },
    async (request) => {
      const job = await findJob(store, request.tenantId, request.params.id)
      const takes = await store.takes.ofJob(job.id)
      return { takes: await Promise.all(takes.map(async (take) => takeView(take, await store.ledger.get(take.id), adoptable(take)))) }
    },
  )

  app.post(
    '/jobs/:id/takes/:takeId/decision',
    {
      schema: {
        operationId: 'decideTake',
        summary: 'Decide about an order nobody can find',
        tags: ['jobs'],
        params: JobParams.extend({ takeId: z.string() }),
        body: DecisionInput,
        response: withProblems({ 200: TakeView }),
      },
    },
    async (request) => {
      const { takeId } = request.params
      if (!isId('tak', takeId)) throw new SluiceError('take_not_found', `"${takeId}" is not the id of a take.`)
      const take = await engine.decide(request.tenantId, asJobId(request.params.id), takeId, request.body)
      return takeView(take, await store.ledger.get(take.id), adoptable(take))
    },
  )
}

function takeView(take: Take, entry: LedgerEntry | undefined, adoptable: boolean): TakeView {
  const { state } = take
  const undecided = state.state === 'submit_unknown' && state.decision === null
  return {
    id: take.id,
    key: take.key,
    number: take.number,
    provider: take.provider,
    model: 'model' in take.request ? (take.request.model ?? null) : null,
    state: state.state,
    cost: entry ? { state: entry.state, amountMicroUsd: entry.amountMicroUsd, basis: entry.basis } : null,
    decision: undecided
      ? {
          atStakeMicroUsd: entry?.amountMicroUsd ?? 0,
          choices: [...(adoptable ? (['adopt'] as const) : []), 'not-taken', 'order-again', 'give-up'],
        }
      : null,
    outcome: 'outcome' in state ? state.outcome : null,
  }
}
