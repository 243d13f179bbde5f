import { SluiceError } from '../../domain/errors.ts'
import type { GenerateRequest } from '../../domain/generate.ts'
import type { MicroUsd } from '../../domain/money.ts'
import { isOver } from '../../domain/sunset.ts'
import type { ModelFacts, Price } from '../../ports/provider.ts'

export interface ModelCheck {
  /** As the user knows the vendor, for messages. */
  vendor: string
  models: readonly ModelFacts[]
  /** Voices of its `speech` models. Absent: any name is passed on. */
  voices?: readonly { id: string }[]
  now?: () => Date
}

/**
 * The model an order is for, the first of its kind when it names none. Throws `provider_cannot` with the field and a fix for
 * whatever the model would not make as asked, and `model_sunset` for one that no longer answers: all before a cent is spent.
 */
export function modelFor({ vendor, models, voices, now = () => new Date() }: ModelCheck, request: GenerateRequest): ModelFacts {
  const ofKind = models.filter(({ kind }) => kind === request.kind)
  if (request.kind === 'keyframes' || ofKind.length === 0) {
    throw cannot(
      'kind',
      `${vendor} makes no ${request.kind} here.`,
      `Order one of ${[...new Set(models.map(({ kind }) => kind))].join(', ')}.`,
    )
  }
  const offered = ofKind.filter(({ sunset }) => !isOver(sunset, now()))
  const names = offered.map(({ id }) => id).join(', ')
  const model = request.model === undefined ? (offered[0] ?? ofKind[0]) : ofKind.find(({ id }) => id === request.model)
  if (model === undefined) {
    throw cannot('model', `${vendor} has no model ${JSON.stringify(request.model ?? '')} for ${request.kind} here.`, `Use one of ${names}.`)
  }
  if (isOver(model.sunset, now())) {
    throw new SluiceError('model_sunset', `${vendor} has offered ${model.id} until ${model.sunset}.`, {
      field: 'model',
      fix: names === '' ? 'Use another provider.' : `Use one of ${names}.`,
    })
  }
  if (request.kind === 'speech') {
    checkLength('text', model, request.text)
    if (voices !== undefined && !voices.some(({ id }) => id === request.voice)) {
      const known = voices.map(({ id }) => id).join(', ')
      throw cannot('voice', `${vendor} has no voice ${JSON.stringify(request.voice)} here.`, `Use one of ${known}.`)
    }
    return model
  }
  checkLength('prompt', model, request.prompt)
  checkDuration(model, request.durationSeconds)
  if (request.kind === 'video') checkPicture(vendor, model, request)
  return model
}

function checkLength(field: string, { id, maxCharacters }: ModelFacts, text: string): void {
  if (text.trim() === '') throw cannot(field, 'There is no text.', 'Write what is to be made.')
  if (maxCharacters !== undefined && text.length > maxCharacters)
    throw cannot(field, `${id} takes ${maxCharacters} characters, not ${text.length}.`, `Shorten it to ${maxCharacters} characters.`)
}

function checkDuration({ id, durations }: ModelFacts, seconds: number): void {
  if (durations === undefined) return
  if (!('minSeconds' in durations)) {
    if (!durations.includes(seconds))
      throw cannot('durationSeconds', `${id} does not make ${seconds} seconds.`, `Ask for ${durations.join(', ')} seconds.`)
    return
  }
  const { minSeconds, maxSeconds, stepSeconds } = durations
  const steps = (seconds - minSeconds) / stepSeconds
  if (seconds < minSeconds || seconds > maxSeconds || Math.abs(steps - Math.round(steps)) > 1e-6) {
    const fix = `Ask for ${minSeconds} to ${maxSeconds} seconds in steps of ${stepSeconds}.`
    throw cannot('durationSeconds', `${id} does not make ${seconds} seconds.`, fix)
  }
}

function checkPicture(vendor: string, { id, sizes, image }: ModelFacts, request: Extract<GenerateRequest, { kind: 'video' }>): void {
  if (request.scene !== undefined) throw cannot('scene', `${vendor} does not draw scenes.`, 'Order it by a prompt alone.')
  if (sizes !== undefined && !sizes.includes(`${request.width}x${request.height}`))
    throw cannot('width', `${id} does not make ${request.width}x${request.height}.`, `Ask for ${sizes.join(', ')}.`)
  if (request.imageUrl !== undefined && image !== true)
    throw cannot('imageUrl', `${id} does not begin with a picture.`, 'Leave the picture away, or name a model that takes one.')
}

/** A price times what is ordered, in whole micro-dollars, rounded up. */
export function priceOf({ per, amountMicroUsd }: Pick<Price, 'per' | 'amountMicroUsd'>, request: GenerateRequest): MicroUsd {
  const units = per === 'take' ? 1 : per === 'second' ? secondsOf(request) : request.kind === 'speech' ? request.text.length : 0
  // A hair below: 0.1 and the like are not exact, and 300,000.00000000006 is not 300,001.
  return Math.max(0, Math.ceil(amountMicroUsd * units - 1e-6))
}

const secondsOf = (request: GenerateRequest): number => ('durationSeconds' in request ? request.durationSeconds : 0)

export function cannot(field: string, detail: string, fix: string): SluiceError {
  return new SluiceError('provider_cannot', detail, { field, fix })
}
