import { SluiceError } from '../domain/errors.ts'
import type { JobId, TakeId } from '../domain/ids.ts'
import type { Job } from '../domain/job.ts'
import type { JobKind } from '../domain/request.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { Guard, Inspector, SpeechJudge } from '../ports/inspector.ts'
import type { MediaTool, RungOrder } from '../ports/media-tool.ts'
import type { Objects } from '../ports/objects.ts'
import type { Provider } from '../ports/provider.ts'
import type { Scratch } from '../ports/scratch.ts'
import type { Pipeline } from '../ports/stages.ts'
import type { Repositories } from '../ports/store.ts'

/** What stages are made of. */
export interface StageDeps {
  store: Repositories
  objects: Objects
  scratch: Scratch
  media: MediaTool
  inspector: Inspector
  /** `null`: nobody listens to what is said. */
  speech: SpeechJudge | null
  guard: Guard
  providers: ReadonlyMap<string, Provider>
  pipelines: Record<JobKind, Pipeline>
  /** The profile a job is judged by, in the version it was accepted with. */
  profileOf: (job: Job) => Promise<QualityProfile>
  clock: Clock
  ids: Ids
  /** The rungs of the HLS ladder for a picture size; sound only without one. */
  ladder: (picture: { width: number; height: number } | null) => RungOrder[]
  /** Makes the step that waits on this take due now. */
  hint: (jobId: JobId, takeId: TakeId) => void
  /** Larger outputs of providers are not taken. */
  maxOutputBytes: number
  /** How long an order in doubt is looked for: lists and webhooks come late. */
  orderSearchMs: number
  /** Takes a provider may have in the making at once, over all workers. `null`: no limit of ours. */
  inFlight: (provider: string) => number | null
  /** Orders a minute to a provider, over all workers; `null` without a limit. */
  ordersPerMinute: (provider: string) => number | null
  /** Where the provider may tell of the take's end. `null`: this server cannot be reached from outside. */
  webhookUrl: (provider: string, takeId: TakeId) => string | null
  /** `sluice` and its version, for the manifest. */
  version: string
}

export function providerOf(deps: StageDeps, id: string): Provider {
  const provider = deps.providers.get(id)
  if (!provider) {
    throw new SluiceError('provider_key_invalid', `Provider "${id}" is not configured on this server.`, {
      fix: 'Set its key or address again: takes that were ordered from it are still to be fetched and settled.',
    })
  }
  return provider
}
