import { SluiceError } from '../domain/errors.ts'
import type { Network } from '../drivers/http/network.ts'
import { createBlockListModerator } from '../drivers/moderator/block-list/moderator.ts'
import { createNsfwjsModerator } from '../drivers/moderator/nsfwjs/moderator.ts'
import { createOpenAiModerator } from '../drivers/moderator/openai/moderator.ts'
import { createTesseractReader } from '../drivers/text-reader/tesseract/reader.ts'
import type { Guard } from '../ports/inspector.ts'
import type { Logger } from '../ports/logger.ts'
import type { Moderator } from '../ports/moderator.ts'
import type { BlockListsRepository } from '../ports/store.ts'
import { createGuard } from '../quality/guardrails/guard.ts'
import type { Config, ModeratorName } from './config.ts'
import { pluginFolder } from './plugins.ts'
import { accessTo } from './providers.ts'

export interface Guardrails {
  guard: Guard
  close(): Promise<void>
}

export interface GuardrailParts {
  network: Network
  blockLists: BlockListsRepository
  log: Logger
  /** Takes what is said of what they look at. Default: `log`. */
  stepLog?: Logger
}

/** Those who look, as the configuration names them. Throws `config_invalid` for one that cannot be there. */
export function createGuardrails(config: Config, parts: GuardrailParts): Guardrails {
  const { network, log, stepLog = log } = parts

  function moderatorOf(name: ModeratorName): Moderator {
    if (name === 'nsfwjs') return createNsfwjsModerator({ folder: pluginFolder(config.plugins, 'pictures', 'SLUICE_MODERATORS'), log })
    const access = accessTo(config, config.openaiKey, config.openaiUrl, 'openai/v1')
    if (access) return createOpenAiModerator({ network, ...access })
    throw new SluiceError('config_invalid', 'SLUICE_MODERATORS names openai, but there is no key for it.', {
      fix: 'Set SLUICE_OPENAI_KEY.',
    })
  }

  const moderators = config.moderators.map(moderatorOf)
  const textReader =
    config.textReader === undefined
      ? null
      : createTesseractReader({ folder: pluginFolder(config.plugins, 'screen-text', 'SLUICE_TEXT_READER'), log })
  const guard = createGuard({
    moderators,
    textReader,
    async blockLists(tenantId) {
      const { entries } = await parts.blockLists.get(tenantId)
      return entries.length === 0 ? null : createBlockListModerator(entries)
    },
    log: stepLog,
  })
  return {
    guard,
    async close() {
      await Promise.all([...moderators, textReader].map((part) => part?.close?.()))
    },
  }
}
