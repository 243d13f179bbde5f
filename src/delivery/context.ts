import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { TenantId } from '../domain/ids.ts'
import type { EngineConfig } from '../engine/deps.ts'
import type { Engine } from '../engine/engine.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { Courier } from '../ports/courier.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics, MetricsPage } from '../ports/metrics.ts'
import type { Objects } from '../ports/objects.ts'
import type { Provider } from '../ports/provider.ts'
import type { Store } from '../ports/store.ts'
import type { OpenSpan, Tracer } from '../ports/tracer.ts'
import type { EventHub } from '../realtime/event-hub.ts'
import type { EventStreams } from '../realtime/event-streams.ts'

export interface HttpOptions {
  engine: Engine
  store: Store
  objects: Objects
  hub: EventHub
  clock: Clock
  ids: Ids
  log: Logger
  metrics: Metrics & MetricsPage
  tracer: Tracer
  /** Asked of who reads the metrics. `null`: they are shown on this machine only. */
  metricsToken: string | null
  /** Says where webhooks may go. */
  courier: Pick<Courier, 'check'>
  /** Voices a script can be spoken with, the default first. */
  voices: readonly { id: string; label: string; language: string }[]
  /** Who can make what, for `GET /v1/providers`. */
  providers: readonly Pick<Provider, 'id' | 'capabilities' | 'adopt'>[]
  /** Orders at once at a provider, where there is a limit. */
  inFlight: (provider: string) => number | null
  /** What a tenant may have in the making and waiting, where nothing else was set for it. */
  jobLimits: Pick<EngineConfig, 'tenantJobsAtOnce' | 'tenantWaitingJobs' | 'tenantJobsPerMinute'>
  /** Signs the addresses that providers are given for their webhooks. `null`: none are given. */
  hookSecret: string | null
  /** The built Studio; served at `/` if the folder is there. */
  studioFolder?: string
  /** Holds `errors/<code>.md`. */
  docsFolder: string
  version: string
  /** Readers of heavy files are sent to where these lie, if that can be. Default false. */
  redirects?: boolean
  /** Largest body taken, in bytes. Default 256 KiB. */
  bodyLimit?: number
  /** Requests a minute and key. Default 30,000. */
  requestsPerMinute?: number
}

/** What the routes work with. */
export interface Context extends HttpOptions {
  streams: EventStreams
  /** Fires when the server begins to close: held requests answer at once with what there is. */
  closing: AbortSignal
}

export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

declare module 'fastify' {
  interface FastifyInstance {
    /** Event streams open now, for meters. */
    readonly streams: EventStreams
  }
  interface FastifyRequest {
    /** Who asks. Set on every request below `/v1`. */
    tenantId: TenantId
    /** No key was needed. */
    keyless: boolean
    /** The name of the key; `null` without one. */
    keyName: string | null
    /** Of a request that may change something; `null` for one that only reads. */
    span: OpenSpan | null
    /** The JSON body as it was sent. */
    bodyText: string
  }
}

/** Fires when the reader is gone or the server closes. Call `release` once answered. */
export function goneOrClosing(request: FastifyRequest, closing: AbortSignal): { signal: AbortSignal; release: () => void } {
  const gone = new AbortController()
  const abort = () => gone.abort()
  request.raw.socket.once('close', abort)
  closing.addEventListener('abort', abort)
  if (closing.aborted) abort()
  return {
    signal: gone.signal,
    release() {
      request.raw.socket.off('close', abort)
      closing.removeEventListener('abort', abort)
    },
  }
}
