import { SluiceError } from '../domain/errors.ts'
import type { TakeId } from '../domain/ids.ts'
import type { EngineDeps } from './deps.ts'

/** A message as it came in. `takeId`: named by the address it was sent to. */
export interface IncomingWebhook {
  provider: string
  takeId: TakeId | null
  headers: Readonly<Record<string, string | undefined>>
  rawBody: Uint8Array
}

type WebhookDeps = Pick<EngineDeps, 'store' | 'providers' | 'log'> & { stepsDue: () => void }

/**
 * Verifies a provider's message and wakes the take it is about. It is only a hint: the provider is asked. One that comes
 * before the answer to the order is kept, and tells which order it was if that answer is lost.
 *
 * Throws `not_found` for a provider without webhooks, `webhook_invalid` for a message that cannot be believed.
 */
export async function receiveWebhook(deps: WebhookDeps, { provider: id, takeId, headers, rawBody }: IncomingWebhook): Promise<void> {
  const provider = deps.providers.get(id)
  if (!provider?.webhook) throw new SluiceError('not_found', `No provider "${id}" takes webhooks here.`, { fix: 'Check the address.' })
  const { dedupeKey, ref } = await provider.webhook(headers, rawBody)
  const remoteId = typeof ref['id'] === 'string' ? ref['id'] : null
  const take = takeId ? await deps.store.takes.get(takeId) : remoteId === null ? undefined : await deps.store.takes.byRemoteId(id, remoteId)
  if (takeId && take?.provider !== id) throw new SluiceError('webhook_invalid', 'The address names no take of this provider.')
  const known = take && 'ref' in take.state ? take.state.ref['id'] : undefined
  if (remoteId !== null && typeof known === 'string' && known !== remoteId)
    throw new SluiceError('webhook_invalid', 'The message is about another order than the take it was sent for.')
  if (!(await deps.store.hints.remember({ provider: id, dedupeKey, takeId: take?.id ?? null, ref }))) {
    deps.log.debug({ provider: id, dedupeKey }, 'a webhook came again')
    return
  }
  if (!take) return
  const due = await deps.store.steps.wake(take.jobId, 'generate', take.id)
  if (due.length > 0) deps.stepsDue()
}
