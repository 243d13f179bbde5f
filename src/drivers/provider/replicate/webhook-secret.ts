import { SluiceError } from '../../../domain/errors.ts'
import type { VendorApi } from '../../http/vendor-api.ts'
import { secret } from './api.ts'

const ASK_EVERY_MS = 60_000
const TIMEOUT_MS = 10_000

export interface WebhookSecret {
  /** `try_` with the secret; when it does not believe, once more with a secret asked for anew, at most once a minute. */
  believe<T>(try_: (secret: string) => T): Promise<T>
}

/** The account's secret for webhooks: as the operator set it, or as Replicate tells it to the token. */
export function createWebhookSecret(api: VendorApi, configured: string | undefined, now: () => number): WebhookSecret {
  let held: string | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY

  async function ask(): Promise<string> {
    askedAtMs = now()
    const answer = await api.ask('webhooks/default/secret', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    const told = answer.status === 200 ? secret.safeParse(await answer.json()) : undefined
    if (!told?.success)
      throw new SluiceError('provider_unavailable', `Replicate does not tell the secret of its webhooks (${answer.status}).`)
    held = told.data.key
    return held
  }

  return {
    async believe(try_) {
      if (configured !== undefined) return try_(configured)
      if (held === undefined) return try_(await ask())
      try {
        return try_(held)
      } catch (error) {
        if (now() - askedAtMs < ASK_EVERY_MS) throw error
        return try_(await ask())
      }
    },
  }
}
