import { z } from 'zod'
import { OutcomeView } from './jobs.ts'

const Bytes = z.number().int()
export const MicroUsd = z.number().int().describe('Millionths of a US dollar.')

export const TakeView = z
  .object({
    id: z.string(),
    key: z.string().describe('What it makes: `clip:0`, `speech:3`, `music`.'),
    number: z.number().int().describe('1 for the first attempt.'),
    provider: z.string(),
    model: z.string().nullable(),
    state: z.enum([
      'planned',
      'ordering',
      'submit_unknown',
      'making',
      'delivered',
      'mending',
      'accepted',
      'rejected',
      'failed',
      'cancelled',
    ]),
    cost: z
      .object({ state: z.enum(['reserved', 'settled', 'released']), amountMicroUsd: MicroUsd, basis: z.string() })
      .nullable()
      .describe('Null for what costs nothing or was not ordered yet.'),
    decision: z
      .object({ atStakeMicroUsd: MicroUsd, choices: z.array(z.enum(['adopt', 'not-taken', 'order-again', 'give-up'])) })
      .nullable()
      .describe('Set while somebody has to decide about an order nobody can find.'),
    outcome: OutcomeView.nullable(),
  })
  .meta({ id: 'Take' })
export type TakeView = z.output<typeof TakeView>

export const TakeList = z.object({ takes: z.array(TakeView) }).meta({ id: 'TakeList' })
export type TakeList = z.output<typeof TakeList>

export const DecisionInput = z
  .discriminatedUnion('decision', [
    z.strictObject({
      decision: z.literal('adopt'),
      remoteId: z.string().min(1).max(256).describe('Its id at the provider, where you found it.'),
    }),
    z.strictObject({ decision: z.literal('not-taken').describe('You looked: the provider does not have it. It is ordered again.') }),
    z.strictObject({ decision: z.literal('order-again').describe('It counts as paid and is ordered again, at the risk of paying twice.') }),
    z.strictObject({ decision: z.literal('give-up').describe('It counts as paid and the job fails.') }),
  ])
  .meta({ id: 'DecisionRequest' })
export type DecisionInput = z.input<typeof DecisionInput>

export const UsageQuery = z.object({
  since: z.iso.datetime().optional().describe('Entries from then on; default: the last 30 days.'),
})

export const UsageView = z
  .object({
    since: z.iso.datetime(),
    budget: z.object({
      limitMicroUsd: MicroUsd.nullable().describe('Null: no limit.'),
      reservedMicroUsd: MicroUsd.describe('Set aside for orders under way.'),
      spentMicroUsd: MicroUsd,
    }),
    storedBytes: z
      .object({ ephemeral: Bytes, standard: Bytes, permanent: Bytes })
      .describe('What your assets take up now, masters included, by how long it stays; those being made as far as they are made.'),
    quotaBytes: Bytes.nullable().describe(
      'Who stores as much or more gets no further job accepted (`storage_quota_exceeded`). Null: no limit.',
    ),
    retention: z
      .object({
        default: z.enum(['ephemeral', 'standard', 'permanent']).describe('Of jobs that ask for none.'),
        ephemeralHours: z.number().int(),
        standardDays: z.number().int().nullable().describe('Null: for ever.'),
        masterDays: z.number().int().nullable().describe('Null: as the asset.'),
      })
      .describe('How long what your next jobs make stays once they have ended.'),
    usage: z.array(
      z.object({
        provider: z.string(),
        model: z.string().nullable(),
        takes: z.number().int(),
        reservedMicroUsd: MicroUsd,
        spentMicroUsd: MicroUsd,
      }),
    ),
  })
  .meta({ id: 'Usage' })
export type UsageView = z.output<typeof UsageView>

export const ProviderList = z
  .object({
    providers: z.array(
      z.object({
        id: z.string(),
        kinds: z.array(z.string()),
        caution: z.string().nullable(),
        models: z.array(
          z.object({
            id: z.string(),
            kind: z.string(),
            price: z.object({ per: z.enum(['second', 'character', 'take']), amountMicroUsd: z.number(), asOf: z.string() }),
            sunset: z.string().nullable().describe('The day after which it no longer answers.'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'ProviderList' })
export type ProviderList = z.output<typeof ProviderList>
