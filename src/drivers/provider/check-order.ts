import { SluiceError } from '../../domain/errors.ts'
import type { GenerateRequest } from '../../domain/generate.ts'
import type { Quote } from '../../domain/money.ts'
import type { ModelFacts } from '../../ports/provider.ts'

export interface Vendor {
  /** As the user knows it, for messages. */
  name: string
  models: readonly ModelFacts[]
  now?: () => Date
}

/** The model that was asked for, or the vendor's first of that kind. Throws `provider_cannot` and, past its day, `model_sunset`. */
export function chosenModel({ name, models, now = () => new Date() }: Vendor, request: GenerateRequest): ModelFacts {
  const able = models.filter(({ kind }) => kind === request.kind)
  if (able.length === 0) {
    const kinds = [...new Set(models.map(({ kind }) => kind))].join(', ')
    throw cannot(`${name} does not make ${request.kind}.`, 'kind', `Choose another provider for this${kinds && `; ${name} makes ${kinds}`}.`)
  }
  const asked = 'model' in request ? request.model : undefined
  const today = now().toISOString().slice(0, 10)
  const offered = able.filter(({ sunset }) => sunset === undefined || today < sunset)
  const model = asked === undefined ? (offered[0] ?? able[0]) : able.find(({ id }) => id === asked)
  const choice = offered.map(({ id }) => id).join(', ')
  if (model === undefined)
    throw cannot(`${name} has no model "${asked}" for ${request.kind}.`, 'model', `Choose one of its models: ${choice || 'none is left'}.`)
  if (!offered.includes(model))
    throw new SluiceError('model_sunset', `${name} has not offered ${model.id} since ${model.sunset}.`, {
      field: 'model',
      fix: choice === '' ? 'Choose another provider.' : `Choose one of its models: ${choice}.`,
    })
  return model
}

/** Throws `provider_cannot` for what the model's facts rule out, with the field and what would be taken instead. */
export function checkAgainst(model: ModelFacts, request: GenerateRequest): void {
  if (request.kind === 'keyframes') return
  const [field, text] = request.kind === 'speech' ? (['text', request.text] as const) : (['prompt', request.prompt] as const)
  if (text.trim() === '') throw cannot('The text is empty.', field, 'Write what is to be made.')
  if (model.maxCharacters !== undefined && text.length > model.maxCharacters)
    throw cannot(
      `${model.id} takes at most ${model.maxCharacters} characters; these are ${text.length}.`,
      field,
      `Shorten it to ${model.maxCharacters} characters.`,
    )
  if (request.kind === 'speech') return
  checkDuration(model, request.durationSeconds)
  if (request.kind !== 'video') return
  if (request.scene !== undefined)
    throw cannot(`${model.id} does not draw scenes of a presentation.`, 'scene', 'Use a provider that does, such as local.')
  const size = `${request.width}x${request.height}` as const
  if (model.sizes !== undefined && !model.sizes.includes(size))
    throw cannot(`${model.id} does not make ${size}.`, 'size', `Choose one of ${model.sizes.join(', ')}.`)
  if (request.imageUrl !== undefined && model.image !== true)
    throw cannot(`${model.id} does not start from a picture.`, 'imageUrl', 'Leave the picture out or choose another model.')
}

function checkDuration({ id, durations }: ModelFacts, seconds: number): void {
  if (durations === undefined) return
  if ('minSeconds' in durations) {
    const { minSeconds, maxSeconds, stepSeconds } = durations
    const steps = (seconds - minSeconds) / stepSeconds
    if (seconds >= minSeconds && seconds <= maxSeconds && Math.abs(steps - Math.round(steps)) < 1e-6) return
    throw cannot(
      `${id} does not make ${seconds} seconds.`,
      'durationSeconds',
      `Choose ${minSeconds} to ${maxSeconds} seconds in steps of ${stepSeconds}.`,
    )
  }
  if (!durations.includes(seconds))
    throw cannot(`${id} does not make ${seconds} seconds.`, 'durationSeconds', `Choose ${durations.join(', ')} seconds.`)
}

/** The price by the vendor's list, in whole `unitMicroUsd` (e.g. a credit), rounded up. `seconds` is how long the making takes. */
export function quoteBy(
  vendor: string,
  { price }: ModelFacts,
  request: GenerateRequest,
  { seconds, unitMicroUsd = 1 }: { seconds: number; unitMicroUsd?: number },
): Quote {
  const units =
    price.per === 'take'
      ? 1
      : price.per === 'character'
        ? request.kind === 'speech'
          ? request.text.length
          : 0
        : 'durationSeconds' in request
          ? request.durationSeconds
          : 0
  const amountMicroUsd = Math.ceil((price.amountMicroUsd * units) / unitMicroUsd) * unitMicroUsd
  return { amountMicroUsd, seconds, basis: `${vendor}:${price.asOf}` }
}

export function cannot(detail: string, field: string, fix: string): SluiceError {
  return new SluiceError('provider_cannot', detail, { field, fix })
}
