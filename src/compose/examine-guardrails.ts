import type { Config, ModeratorName } from './config.ts'
import type { Finding } from './examine.ts'
import { type PluginName, pluginLack } from './plugins.ts'
import { accessTo } from './providers.ts'

/** Who looks at prompts and pictures here, and what those who were asked for lack. */
export function examineGuardrails(config: Config): Finding[] {
  if (config.moderators.length === 0 && config.textReader === undefined) {
    const fix = 'Set SLUICE_MODERATORS: docs/how-it-works/guardrails.md.'
    return [{ what: 'guardrails', state: 'optional', found: 'only the block lists of tenants', fix }]
  }
  return [
    ...config.moderators.map((name) => moderatorFinding(config, name)),
    ...(config.textReader === undefined ? [] : [pluginFinding(config, `text reader ${config.textReader}`, 'screen-text')]),
  ]
}

function moderatorFinding(config: Config, name: ModeratorName): Finding {
  const what = `moderator ${name}`
  if (name === 'nsfwjs') return pluginFinding(config, what, 'pictures')
  if (accessTo(config, config.openaiKey, config.openaiUrl, 'openai/v1')) return { what, state: 'ok', found: 'texts and pictures' }
  return { what, state: 'missing', found: 'there is no key for it', fix: 'Set SLUICE_OPENAI_KEY.' }
}

function pluginFinding({ plugins }: Config, what: string, name: PluginName): Finding {
  const lack = pluginLack(plugins, name)
  return lack ? { what, state: 'missing', ...lack } : { what, state: 'ok', found: `plug-in ${name}` }
}
