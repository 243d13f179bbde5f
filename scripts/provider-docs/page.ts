import { providerSettings } from '../../src/compose/provider-settings.ts'
import { flavours } from '../../src/drivers/provider/openai/flavours.ts'
import { withDocumentedProviders } from './documented.ts'
import { bullets, overviewOf, sectionOf } from './provider-words.ts'
import { tableOf } from './table.ts'

/** The page with its marked parts made anew. Throws when a mark is missing. */
export async function providersPage(page: string): Promise<string> {
  const { overview, providers } = await withDocumentedProviders((documented) => ({
    overview: overviewOf(documented),
    providers: documented.map(sectionOf).join('\n\n'),
  }))
  const parts = { overview, providers, 'video-servers': videoServers(), settings: settings() }
  return Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), page)
}

function withPart(page: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- /generated: ${name} -->)`)
  if (!marked.test(page)) throw new Error(`docs/providers.md has no <!-- generated: ${name} --> marks`)
  return page.replace(marked, (_all, begin: string, end: string) => `${begin}\n${part}\n\n${end}`)
}

/** The flavours of `/v1/videos` that `SLUICE_VIDEOS_FLAVOUR` takes. */
function videoServers(): string {
  const rows = Object.entries(flavours)
    .filter(([id]) => id !== 'openai')
    .map(([id, { label, own, sizes, seed, image, deleteStops, progress, lists }]) => [
      `\`${id}\``,
      label,
      own ? 'any' : 'as listed',
      sizes?.join(', ') ?? 'any',
      seed ? 'yes' : 'no',
      image ? 'yes' : 'no',
      deleteStops ? 'stops it' : 'too late once it runs',
      progress ? 'told' : 'unknown',
      lists ? 'it is asked' : 'somebody decides',
    ])
  return tableOf(['flavour', 'server', 'models', 'sizes', 'seed', 'picture', 'cancel', 'progress', 'an order in doubt'], rows)
}

function settings(): string {
  return [
    tableOf(
      ['variable', 'default', 'meaning'],
      Object.values(providerSettings).map(({ variable, fallback, meaning }) => [`\`${variable}\``, fallback, meaning]),
    ),
    bullets(['Secrets are never logged, never stored with a take and never shown by `sluice doctor`.']),
  ].join('\n\n')
}
