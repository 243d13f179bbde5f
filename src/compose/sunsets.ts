import { endsSoon, isOver } from '../domain/sunset.ts'
import type { Logger } from '../ports/logger.ts'
import type { Provider } from '../ports/provider.ts'

/** A model that a provider has switched off, or soon will. */
export interface Sunset {
  provider: string
  model: string
  /** The last day it answers. */
  lastDay: string
  over: boolean
}

/** What ends within the next weeks or has ended, the soonest first. */
export function sunsetsOf(providers: Iterable<Provider>, now: Date): Sunset[] {
  return [...providers]
    .flatMap(({ id: provider, capabilities }) =>
      (capabilities.models ?? []).flatMap(({ id: model, sunset }) =>
        sunset !== undefined && (isOver(sunset, now) || endsSoon(sunset, now))
          ? [{ provider, model, lastDay: sunset, over: isOver(sunset, now) }]
          : [],
      ),
    )
    .sort((a, b) => a.lastDay.localeCompare(b.lastDay))
}

/** One warning for all of them, so that who reads it at a start sees it once and whole. */
export function warnOfSunsets(providers: Iterable<Provider>, now: Date, log: Logger): void {
  const models = sunsetsOf(providers, now)
  if (models.length === 0) return
  const words = models.map(
    ({ provider, model, lastDay, over }) => `${provider}/${model} ${over ? 'was offered until' : 'is offered until'} ${lastDay}`,
  )
  log.warn({ models }, `models end: ${words.join(', ')}`)
}
