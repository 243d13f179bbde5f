import type { TenantId } from '../../domain/ids.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Moderator } from '../../ports/moderator.ts'
import { createAttempts } from './attempts.ts'
import { clean, type Opinion, opinionOf } from './opinion.ts'

/** Judges texts by every moderator that takes them, and by the tenant's block list. */
export interface TextJudge {
  judge(text: string, signal: AbortSignal): Promise<Opinion>
}

export interface TextJudges {
  moderators: readonly Moderator[]
  /** The tenant's list; `null` when it is empty. */
  blockLists: (tenantId: TenantId) => Promise<Moderator | null>
  log: Logger
  /** How long one may take over a text. */
  textLimitMs: number
}

/** `null`: there is nobody who judges texts for this tenant. */
export async function createTextJudge(
  { moderators, blockLists, log, textLimitMs }: TextJudges,
  tenantId: TenantId,
  threshold: number,
): Promise<TextJudge | null> {
  const own = await blockLists(tenantId)
  const judges = [...moderators.filter(({ judges: parts }) => parts.includes('text')), ...(own ? [own] : [])].map((moderator) => ({
    moderator,
    attempts: createAttempts(moderator.id, textLimitMs, log),
  }))
  if (judges.length === 0) return null
  return {
    async judge(text, signal) {
      if (text.trim() === '') return clean
      const asked = judges.map(async ({ moderator, attempts }) => ({
        by: moderator.id,
        attempt: await attempts.ask((limited) => moderator.moderate({ text }, { signal: limited }), signal),
      }))
      return opinionOf(await Promise.all(asked), threshold)
    },
  }
}
