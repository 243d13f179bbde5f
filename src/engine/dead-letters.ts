import { assetGone, isGone } from '../domain/asset-gone.ts'
import type { DeadLetter, DeadLetterAbout } from '../domain/dead-letter.ts'
import { SluiceError } from '../domain/errors.ts'
import { type DeadLetterId, isId, type TenantId } from '../domain/ids.ts'
import type { JobTransaction } from '../ports/stages.ts'
import type { EngineDeps } from './deps.ts'
import type { SubmitOptions } from './engine.ts'
import { type ChangeDeps, changeJob } from './job-transaction.ts'
import { retryJob } from './retry.ts'
import { reusedKey } from './submit.ts'

type RetryDeps = Parameters<typeof retryJob>[0] & ChangeDeps & Pick<EngineDeps, 'store' | 'clock' | 'webhooksDue'>
type OfKind<Kind extends DeadLetterAbout['kind']> = DeadLetter & { about: Extract<DeadLetterAbout, { kind: Kind }> }

export interface RetriedLetter {
  letter: DeadLetter
  /** It had been retried before; nothing was begun now. */
  repeated: boolean
}

/**
 * Begins again what was given up, in the way its kind asks for. Of two at once one does it and both are told the same.
 * @param tenantId whose it must be; `null`: anybody's
 */
export async function retryDeadLetter(
  deps: RetryDeps,
  tenantId: TenantId | null,
  id: DeadLetterId,
  { idempotency }: Pick<SubmitOptions, 'idempotency'> = {},
): Promise<RetriedLetter> {
  const letter = await findLetter(deps, tenantId, id)
  if (idempotency) {
    const known = await deps.store.idempotency.remember({ tenantId: letter.tenantId, jobId: letter.jobId, ...idempotency })
    if (known.fingerprint !== idempotency.fingerprint) throw reusedKey(known.jobId)
  }
  if (letter.state.state === 'dismissed') throw closed(letter)
  if (letter.state.state === 'retried') return { letter, repeated: true }
  const begun = await begin(deps, letter)
  return { letter: await findLetter(deps, tenantId, id), repeated: !begun }
}

/** Lets it go. One that is dismissed already stays so; one that was retried throws `dead_letter_closed`. */
export async function dismissDeadLetter(
  deps: Pick<EngineDeps, 'store' | 'clock'>,
  tenantId: TenantId | null,
  id: DeadLetterId,
): Promise<DeadLetter> {
  await findLetter(deps, tenantId, id)
  await deps.store.deadLetters.close(id, { state: 'dismissed', at: deps.clock.now() })
  const letter = await findLetter(deps, tenantId, id)
  if (letter.state.state === 'retried') throw closed(letter)
  return letter
}

/** Whether this call began it. */
function begin(deps: RetryDeps, letter: DeadLetter): Promise<boolean> {
  const { about } = letter
  switch (about.kind) {
    case 'job':
      return submitAgain(deps, letter)
    case 'step':
      return reviveStep(deps, { ...letter, about })
    case 'delivery':
      return sendAgain(deps, { ...letter, about })
  }
}

/** The key has a space, which no caller's can have: whoever comes second is given the job that the first one made. */
async function submitAgain(deps: RetryDeps, { id, tenantId, jobId }: DeadLetter): Promise<boolean> {
  const { repeated } = await retryJob(deps, tenantId, jobId, { idempotency: { key: `dead letter ${id}`, fingerprint: id } })
  return !repeated
}

async function reviveStep(deps: RetryDeps, { id, jobId, about: { stepId } }: OfKind<'step'>): Promise<boolean> {
  let begun = false
  await changeJob(deps, jobId, null, async (tx) => {
    begun = await tx.repositories.deadLetters.close(id, { state: 'retried', at: deps.clock.now(), jobId: null })
    if (!begun) return
    const step = await tx.repositories.steps.get(stepId)
    if (step?.work.name === 'rendition') await makeAgain(tx, step.work.format, deps.clock.now())
    await tx.revive(stepId)
  })
  return begun
}

/** The copy is being made again, and afterwards what it left is counted and cleaned up. Throws `asset_gone`. */
async function makeAgain(tx: JobTransaction, format: string, now: Date): Promise<void> {
  const asset = await tx.asset()
  if (isGone(asset, now)) throw assetGone(asset)
  await tx.changeAsset({
    renditions: asset.renditions.map((rendition) =>
      rendition.format === format ? { format: rendition.format, state: 'making' } : rendition,
    ),
  })
  if ((await tx.repositories.steps.open(asset.jobId, ['cleanup'])) === 0) await tx.addSteps([{ name: 'cleanup' }], { priority: -60 })
}

/** Throws `webhook_disabled`: what is sent to a disabled endpoint would wait for ever. */
async function sendAgain(deps: RetryDeps, { id, about: { webhookId, deliveryId } }: OfKind<'delivery'>): Promise<boolean> {
  const begun = await deps.store.transaction(async (tx) => {
    const endpoint = await tx.webhooks.get(webhookId)
    if (endpoint?.state.state === 'disabled') {
      throw new SluiceError('webhook_disabled', `The webhook ${webhookId} is disabled: nothing is sent to it.`, {
        fix: `Enable it first: PATCH /v1/webhooks/${webhookId} with {"enabled": true}.`,
      })
    }
    const open = await tx.deadLetters.close(id, { state: 'retried', at: deps.clock.now(), jobId: null })
    if (open) await tx.webhooks.replay(webhookId, deliveryId)
    return open
  })
  if (begun) deps.webhooksDue?.()
  return begun
}

/** The tenant's dead letter, or `dead_letter_not_found`: another tenant's does not exist for this one. */
async function findLetter({ store }: Pick<EngineDeps, 'store'>, tenantId: TenantId | null, id: DeadLetterId): Promise<DeadLetter> {
  const letter = await store.deadLetters.get(id)
  if (letter && (tenantId === null || letter.tenantId === tenantId)) return letter
  throw notFound(id)
}

/** `id` as that of a dead letter, or `dead_letter_not_found`. */
export function asDeadLetterId(id: string): DeadLetterId {
  if (isId('dlt', id)) return id
  throw notFound(id)
}

function notFound(id: string): SluiceError {
  return new SluiceError('dead_letter_not_found', `There is no dead letter ${JSON.stringify(id)}.`, {
    fix: 'Check the id; GET /v1/operations/dead-letters lists yours that are open, `sluice dead-letters list` those of all tenants.',
  })
}

function closed({ id, jobId, state }: DeadLetter): SluiceError {
  const newJob = state.state === 'retried' ? state.jobId : null
  return new SluiceError('dead_letter_closed', `The dead letter ${id} was ${state.state} already.`, {
    fix: newJob ? `See what became of ${newJob}.` : `See its job: GET /v1/jobs/${jobId}.`,
  })
}
