import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import { modelFor, priceOf } from '../model-check.ts'
import { frameOf, type GoogleModel, type Resolution } from './models.ts'

export interface VideoOrder {
  model: GoogleModel
  request: Extract<GenerateRequest, { kind: 'video' }>
  resolution: Resolution
  aspectRatio: '16:9' | '9:16'
}

/** The order in Google's words. Throws for what its models do not make. */
export function orderOf(
  { vendor, models, now }: { vendor: string; models: readonly GoogleModel[]; now: () => Date },
  request: GenerateRequest,
): VideoOrder {
  const { id } = modelFor({ vendor, models, now }, request)
  const model = models.find((candidate) => candidate.id === id)
  if (model === undefined || request.kind !== 'video') throw new Error(`${id} makes no ${request.kind}`)
  return { model, request, ...frameOf(request) }
}

export function quoteOf(providerId: string, { model, request, resolution }: VideoOrder, seconds: number): Quote {
  const amountMicroUsd = model.perSecondMicroUsd[resolution] ?? model.price.amountMicroUsd
  return { amountMicroUsd: priceOf({ per: 'second', amountMicroUsd }, request), seconds, basis: `${providerId}:${model.price.asOf}` }
}
