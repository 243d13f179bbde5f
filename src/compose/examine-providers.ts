import { access, constants } from 'node:fs/promises'
import { isOver } from '../domain/sunset.ts'
import { createNetwork } from '../drivers/http/network.ts'
import type { Capabilities, Provider } from '../ports/provider.ts'
import type { Config } from './config.ts'
import type { Finding } from './examine.ts'
import { createVendors } from './providers.ts'
import { sunsetsOf } from './sunsets.ts'

/** The providers this server would have, with what they lack or lose soon; and those that are only half configured. Never a key. */
export async function examineProviders(config: Config, now: Date): Promise<Finding[]> {
  const network = createNetwork()
  try {
    const vendors = createVendors(config, network)
    const halves = await halfConfigured(config)
    if (vendors.length === 0 && halves.length === 0) {
      const fix = "Set a provider's key, or SLUICE_LAB_URL to try them without one: docs/providers.md."
      return [{ what: 'providers', state: 'optional', found: 'only the local one', fix }]
    }
    return [
      ...vendors.flatMap((vendor) => [findingOf(vendor, now), ...lacks(vendor, config, now)]),
      ...halves,
      ...strangers(config, vendors),
    ]
  } finally {
    await network.close()
  }
}

const titleOf = ({ id }: Provider): string => `provider ${id}`

function findingOf(vendor: Provider, now: Date): Finding {
  const { kinds, caution } = vendor.capabilities
  const models = (vendor.capabilities.models ?? []).filter(({ sunset }) => !isOver(sunset, now))
  const named = models.length === 0 ? '' : `; ${models.length} ${models.length === 1 ? 'model' : 'models'}`
  const found = `${kinds.join(', ')}${named}`
  return { what: titleOf(vendor), state: 'ok', found: caution === undefined ? found : `${found}. ${caution}` }
}

function lacks(vendor: Provider, config: Config, now: Date): Finding[] {
  const what = titleOf(vendor)
  const findings: Finding[] = []
  const ending = sunsetsOf([vendor], now).map(({ model, lastDay, over }) => `${model} ${over ? 'was' : 'is'} offered until ${lastDay}`)
  if (ending.length > 0) {
    const fix = 'Where your requests name one of them, name another model or provider.'
    findings.push({ what, state: 'optional', found: ending.join(', '), fix })
  }
  const webhook = webhookLack(vendor, config)
  if (webhook !== null) findings.push({ what, state: 'optional', ...webhook })
  return findings
}

/** What is not set for its webhooks, and what that means. `null`: nothing. */
function webhookLack({ id, capabilities }: Provider, config: Config): { found: string; fix: string } | null {
  if (config.publicUrl === undefined) {
    if (capabilities.webhook !== 'per-order') return null
    return { found: withoutWebhooks(capabilities), fix: 'Set SLUICE_PUBLIC_URL and SLUICE_HOOK_SECRET.' }
  }
  if (id === 'elevenlabs' && capabilities.webhook === undefined) {
    const fix = `Make a webhook in the workspace for ${config.publicUrl.replace(/\/+$/, '')}/hooks/elevenlabs and set SLUICE_ELEVENLABS_HOOK_SECRET.`
    return { found: withoutWebhooks(capabilities), fix }
  }
  return null
}

const withoutWebhooks = ({ reconcile }: Capabilities): string =>
  reconcile === 'webhook'
    ? 'no webhooks: takes are asked for, and an order whose answer is lost cannot be found'
    : 'no webhooks: takes are only asked for'

/** Settings that are of no use without another one, so that the provider is not there. */
async function halfConfigured(config: Config): Promise<Finding[]> {
  const { vertexProject, vertexTokenFile, sunoShape, sunoKey, sunoUrl, videosUrl, videosModels, labUrl } = config
  const half = (id: string, found: string, fix: string): Finding => ({ what: `provider ${id}`, state: 'optional', found, fix })
  const findings: Finding[] = []
  if (videosModels.size > 0 && videosUrl === undefined && labUrl === undefined)
    findings.push(half('openai', 'no videos: models of a server, but not where it is', 'Set SLUICE_VIDEOS_URL.'))
  if (vertexProject !== undefined && vertexTokenFile === undefined)
    findings.push(half('vertex', 'not there: a project, but no token', 'Set SLUICE_VERTEX_TOKEN_FILE.'))
  if (vertexProject === undefined && vertexTokenFile !== undefined)
    findings.push(half('vertex', 'not there: a token, but no project', 'Set SLUICE_VERTEX_PROJECT.'))
  if (vertexProject !== undefined && vertexTokenFile !== undefined && !(await canRead(vertexTokenFile)))
    findings.push(half('vertex', `${vertexTokenFile} cannot be read`, 'Let something keep a valid access token in it.'))
  if (sunoShape === undefined && (sunoKey !== undefined || sunoUrl !== undefined))
    findings.push(half('suno', 'not there: it is not said which way leads to it', 'Set SLUICE_SUNO to self-hosted or reseller.'))
  if (sunoShape === 'reseller' && sunoKey === undefined) findings.push(half('suno', 'a reseller without its key', 'Set SLUICE_SUNO_KEY.'))
  return findings
}

/** Limits for providers that are not there. */
function strangers({ inFlight }: Config, vendors: Provider[]): Finding[] {
  const known = new Set(vendors.map(({ id }) => id))
  return [...inFlight.keys()]
    .filter((id) => !known.has(id))
    .map((id) => ({
      what: `provider ${id}`,
      state: 'optional',
      found: 'SLUICE_IN_FLIGHT limits it, but it is not there',
      fix: 'Correct its name, or leave it out.',
    }))
}

const canRead = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
