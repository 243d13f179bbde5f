import type { ProviderList } from 'sluice/client'
import { usd } from '../format/figures.ts'
import type { Kind } from './kinds.ts'

type Provider = ProviderList['providers'][number]
type Model = Provider['models'][number]

/** A provider, or one model of it, that can be asked for a kind. */
export interface Maker {
  /** As the request names it: `provider` or `provider/model`. */
  route: string
  provider: string
  model: string | null
  price: Model['price'] | null
  caution: string | null
  /** ISO date after which it no longer answers. */
  sunset: string | null
}

/** What the server uses when the request names nobody; it is not offered a second time by its name. */
const DEFAULT_PROVIDER = 'local'

/** Who can be asked for `kind`, without those that are gone on the day `now`. A presentation is always made by the server itself. */
export function makersOf(providers: readonly Provider[], kind: Kind, now: Date): Maker[] {
  if (kind === 'presentation') return []
  return providers
    .filter(({ id, kinds }) => id !== DEFAULT_PROVIDER && kinds.includes(kind))
    .flatMap(({ id, caution, models }): Maker[] => {
      if (models.length === 0) return [{ route: id, provider: id, model: null, price: null, caution, sunset: null }]
      return models
        .filter((model) => model.kind === kind && (daysLeft(model.sunset, now) ?? 0) >= 0)
        .map(({ id: model, price, sunset }) => ({ route: `${id}/${model}`, provider: id, model, price, caution, sunset }))
    })
}

const DAY_MS = 24 * 3_600_000
const WARN_DAYS = 90

/** Whole days until the end of the day `sunset`; 0 on the last one, negative after it. */
function daysLeft(sunset: string | null, now: Date): number | null {
  return sunset === null ? null : Math.ceil((Date.parse(sunset) - Date.parse(now.toISOString().slice(0, 10))) / DAY_MS)
}

/** What to say of a model that ends within 90 days: `Ends on 1 March 2027, in 12 days.` */
export function sunsetWarning({ sunset }: Pick<Maker, 'sunset'>, now: Date): string | null {
  const days = daysLeft(sunset, now)
  if (sunset === null || days === null || days > WARN_DAYS) return null
  const date = new Date(sunset).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  if (days < 0) return `It has not been offered since ${date}.`
  return `It is offered until ${date}: ${days === 0 ? 'today is the last day' : `${days} more ${days === 1 ? 'day' : 'days'}`}.`
}

/** `$0.12 a second`, `$0.30 per 1,000 characters`, `$0.05 each`. */
export function rate({ per, amountMicroUsd }: Model['price']): string {
  if (amountMicroUsd === 0) return 'free'
  if (per === 'character') return `${usd(amountMicroUsd * 1000)} per 1,000 characters`
  return per === 'second' ? `${usd(amountMicroUsd)} a second` : `${usd(amountMicroUsd)} each`
}
