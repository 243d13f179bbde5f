import type { ModelFacts } from '../../src/ports/provider.ts'
import type { Documented } from './documented.ts'
import { priceWords } from './price-words.ts'
import { tableOf } from './table.ts'

export const bullets = (lines: string[]): string => lines.map((line) => `- ${line}`).join('\n')

const RECONCILE = { list: 'it is asked', webhook: 'its webhook names it' }
const WEBHOOK = { 'per-order': 'to an address with each order', 'per-account': 'to one address of the account' }

/** A line for each provider. */
export function overviewOf(documented: Documented[]): string {
  const rows = documented.map(({ provider: { id, capabilities, cancel }, title }) => [
    `\`${id}\``,
    title,
    capabilities.kinds.filter((kind) => kind !== 'keyframes').join(', '),
    capabilities.webhook === undefined ? '-' : WEBHOOK[capabilities.webhook],
    cancel === undefined ? 'no' : 'yes',
    capabilities.volatile ? 'made again' : capabilities.reconcile === undefined ? 'somebody decides' : RECONCILE[capabilities.reconcile],
    capabilities.caution === undefined ? '-' : 'unofficial',
  ])
  return tableOf(['id', 'provider', 'makes', 'webhooks', 'cancel', 'an order in doubt', 'caution'], rows)
}

/** What a provider is and what its models take and cost. */
export function sectionOf({ provider, title, about }: Documented): string {
  const { caution, models = [], voices = [] } = provider.capabilities
  const parts = [`### ${title}`, about]
  if (caution !== undefined) parts.push(`**Caution.** ${caution}`)
  if (models.length > 0) {
    const rows = models.map((model) => [
      `\`${model.id}\``,
      model.kind,
      lengthOf(model),
      (model.sizes ?? []).join(', ') || '-',
      model.seed ? 'yes' : '-',
      model.image ? 'yes' : '-',
      priceWords(provider, model),
      model.price.asOf,
      model.sunset ?? '-',
    ])
    parts.push(tableOf(['model', 'kind', 'length', 'sizes', 'seed', 'picture', 'price in USD', 'as of', 'last day'], rows))
    parts.push(sources(models))
  }
  if (voices.length > 0) {
    const shown = voices.slice(0, 6).map(({ id }) => `\`${id}\``)
    parts.push(`Voices: ${shown.join(', ')}${voices.length > shown.length ? ` and ${voices.length - shown.length} more` : ''}.`)
  }
  return parts.join('\n\n')
}

function lengthOf({ durations, maxCharacters }: ModelFacts): string {
  const characters = maxCharacters === undefined ? [] : [`up to ${maxCharacters.toLocaleString('en-US')} characters`]
  if (durations === undefined) return characters.join() || '-'
  const seconds =
    'minSeconds' in durations
      ? `${durations.minSeconds} to ${durations.maxSeconds} s${durations.stepSeconds === 1 || durations.stepSeconds < 0.1 ? '' : ` by ${durations.stepSeconds}`}`
      : `${durations.join(', ')} s`
  return [seconds, ...characters].join('; ')
}

/** Where prices were read, with the models where there are several places. */
function sources(models: readonly ModelFacts[]): string {
  const bySource = Map.groupBy(models, ({ price }) => price.source)
  if (bySource.size === 1) return `Prices: ${[...bySource.keys()].join()}.`
  const lines = [...bySource].map(([source, its]) => `${[...new Set(its.map(({ id }) => `\`${id}\``))].join(', ')}: ${source}`)
  return `Prices:\n\n${bullets(lines)}`
}
