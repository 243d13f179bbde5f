import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { ModelFacts } from '../../../ports/provider.ts'
import { cannot, modelFor, priceOf } from '../model-check.ts'

export type MusicRequest = Extract<GenerateRequest, { kind: 'music' }>

/** A song takes about two minutes. */
const SECONDS = 120

/** A request that can be made as it stands, and the model for it. Throws `provider_cannot` otherwise. */
export function checked(request: GenerateRequest, models: readonly ModelFacts[]): { request: MusicRequest; model: ModelFacts } {
  const model = modelFor({ vendor: 'Suno', models }, request)
  if (request.kind !== 'music') throw cannot('kind', `Suno makes music, not ${request.kind}.`, 'Ask for music.')
  return { request, model }
}

export function quoteOf(request: GenerateRequest, models: readonly ModelFacts[]): Quote {
  const { request: made, model } = checked(request, models)
  return { amountMicroUsd: priceOf(model.price, made), seconds: SECONDS, basis: `suno:${model.price.asOf}` }
}
