import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import type { ModelFacts } from '../../../ports/provider.ts'

export type MusicRequest = Extract<GenerateRequest, { kind: 'music' }>

/** A song takes about two minutes. */
const SECONDS = 120

/** A request that can be made as it stands, and the model for it. Throws `provider_cannot` otherwise. */
export function checked(request: GenerateRequest, models: readonly ModelFacts[]): { request: MusicRequest; model: ModelFacts } {
  if (request.kind !== 'music') cannot('kind', `Suno makes music, not ${request.kind}.`, 'Ask for music, or choose another provider.')
  const model = request.model === undefined ? models[0] : models.find(({ id }) => id === request.model)
  if (!model)
    cannot('model', `Suno has no model ${JSON.stringify(request.model)} here.`, `Use one of ${models.map(({ id }) => id).join(', ')}.`)
  if (!/\S/.test(request.prompt)) cannot('prompt', 'The prompt is empty.', 'Say what is to be heard.')
  const { maxCharacters = Infinity, durations } = model
  if (request.prompt.length > maxCharacters)
    cannot('prompt', `${request.prompt.length} characters are more than ${model.id} takes (${maxCharacters}).`, 'Shorten the prompt.')
  const { minSeconds, maxSeconds } = durations as { minSeconds: number; maxSeconds: number }
  if (!(request.durationSeconds >= minSeconds && request.durationSeconds <= maxSeconds))
    cannot(
      'durationSeconds',
      `${model.id} does not make ${request.durationSeconds} s.`,
      `Ask for ${minSeconds} to ${maxSeconds} s; how long the song becomes is Suno's own choice.`,
    )
  return { request, model }
}

export function quoteOf(request: GenerateRequest, models: readonly ModelFacts[]): Quote {
  const { model } = checked(request, models)
  return { amountMicroUsd: Math.ceil(model.price.amountMicroUsd), seconds: SECONDS, basis: `suno:${model.price.asOf}` }
}

function cannot(field: string, detail: string, fix: string): never {
  throw new SluiceError('provider_cannot', detail, { field, fix })
}
