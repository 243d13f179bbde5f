import { join } from 'node:path'
import { assertSafeToListen } from '../delivery/auth.ts'
import { hookAddress } from '../delivery/hook-address.ts'
import { createHttp } from '../delivery/http.ts'
import type { OutcomeClass } from '../domain/outcome.ts'
import type { Lane } from '../domain/step.ts'
import { createCourier } from '../drivers/http/courier.ts'
import { assertPublicUrl, createNetwork } from '../drivers/http/network.ts'
import { createPrometheusMetrics } from '../drivers/metrics/prometheus/metrics.ts'
import { createScratch } from '../drivers/objects/fs/scratch.ts'
import { createLocalPlanner } from '../drivers/provider/local/plan/planner.ts'
import { createLocalProvider } from '../drivers/provider/local/provider.ts'
import { createEngine, type RunningEngine } from '../engine/create-engine.ts'
import { measuredProvider } from '../engine/measured-provider.ts'
import { startSweeper } from '../engine/sweeper.ts'
import { tracedProvider } from '../engine/traced-provider.ts'
import { tracedSpeech } from '../engine/traced-speech.ts'
import { locateFfmpeg } from '../media/ffmpeg/locate.ts'
import { ladderFor } from '../media/ladder/ladder.ts'
import { createMediaTool } from '../media/media-tool.ts'
import { createPipelines } from '../pipelines/index.ts'
import type { Logger } from '../ports/logger.ts'
import type { Objects } from '../ports/objects.ts'
import type { Provider } from '../ports/provider.ts'
import type { Store } from '../ports/store.ts'
import { createInspector } from '../quality/inspector.ts'
import { createEventHub } from '../realtime/event-hub.ts'
import { startWebhookSender } from '../realtime/webhook-sender.ts'
import { createHandlers } from '../stages/index.ts'
import type { Config } from './config.ts'
import { startDatabaseClock } from './database-clock.ts'
import { diskSpace } from './disk-space.ts'
import { engineConfig } from './engine-config.ts'
import { createGuardrails } from './guardrails.ts'
import { ids } from './ids.ts'
import { warnOfStrangers } from './installation.ts'
import { listen, serveMetrics } from './listen.ts'
import { createLogScope } from './log-scope.ts'
import { openBus } from './open-bus.ts'
import { openObjects } from './open-objects.ts'
import { openQueue } from './open-queue.ts'
import { openStore } from './open-store.ts'
import { openTracer } from './open-tracer.ts'
import { openTranscoder } from './open-transcoder.ts'
import { docsFolder, studioFolder, version } from './package-files.ts'
import { profileOf } from './profile-of.ts'
import { createVendors } from './providers.ts'
import { createSpeech } from './speech.ts'
import { warnOfSunsets } from './sunsets.ts'
import { thisProcess } from './this-process.ts'

export interface App extends AsyncDisposable {
  engine: RunningEngine
  store: Store
  objects: Objects
  /** The address it listens on, e.g. `http://127.0.0.1:8787`; `null` for a worker without the API. */
  url: string | null
  /** Where its metrics are; `null` for a worker without SLUICE_METRICS_PORT. */
  metricsUrl: string | null
}

export interface Roles {
  /** Serves the API and the Studio. */
  api: boolean
  /** Runs steps of these lanes. */
  lanes: readonly Lane[]
  /** Admits steps, or stands by while another process does. */
  schedules: boolean
}

/** Parts a test puts in place of the configured ones. */
export interface Parts {
  provider?: Provider
}

/** More would only stand in the line inside the provider, where tenants take no turns. A whole presentation has about as many. */
const LOCAL_IN_FLIGHT = 16

/**
 * Builds everything from the configuration, in the order of need, and lets go of it in reverse. This is the only place
 * that names drivers. Throws `config_invalid`, `data_folder_in_use`, `media_tool_missing`, `storage_unavailable`,
 * `store_unavailable`.
 */
export async function startApp(config: Config, roles: Roles, log: Logger, parts: Parts = {}): Promise<App> {
  await using stack = new AsyncDisposableStack()
  // First what needs nothing made: where FFmpeg is missing, no database is left behind.
  const ffmpeg = await locateFfmpeg(config)
  const tracer = await openTracer(config, log, stack)
  const scope = createLogScope(log)
  const metrics = createPrometheusMetrics({ log })
  metrics.gauges(() => [{ name: 'sluice_build_info', labels: { version }, value: 1 }])
  metrics.gauges(() => diskSpace(config.dataFolder))
  const { store, pool } = await openStore(config, log, stack)
  const clock = await startDatabaseClock(store, log)
  stack.defer(() => clock.stop())

  const scratch = await createScratch({ folder: join(config.dataFolder, 'scratch') })
  const objects = await openObjects(config, scratch, log, stack)
  await warnOfStrangers(objects, store, log)
  const transcoder = await openTranscoder(config, log, stack)
  const media = createMediaTool({ ...ffmpeg, sandbox: config.sandbox, log: scope.log, tracer, transcoder })

  const queue = openQueue(config, pool, log)
  stack.defer(() => queue.close())
  const bus = openBus(config, pool, log)
  stack.defer(() => bus.close())

  const providerFailed = (provider: string, as: OutcomeClass): void =>
    void store.accounts.failed(provider, as).catch((error) => log.warn({ provider, err: error }, 'could not note that a provider failed'))
  const watched = (provider: Provider) => tracedProvider(measuredProvider(provider, metrics, providerFailed), tracer)
  const local = watched(
    parts.provider ??
      createLocalProvider({
        folder: join(config.dataFolder, 'local-takes'),
        ffmpegPath: ffmpeg.ffmpegPath,
        workers: config.renderers,
        log,
      }),
  )
  stack.defer(async () => local.close?.())
  const network = createNetwork()
  stack.defer(() => network.close())
  const vendors = createVendors(config, network).map(watched)
  const providers = new Map<string, Provider>([local, ...vendors].map((provider) => [provider.id, provider]))
  const guardrails = createGuardrails(config, { network, blockLists: store.blockLists, log, stepLog: scope.log })
  stack.defer(() => guardrails.close())
  const speech = createSpeech(config, network, log, scope.log)
  stack.defer(async () => speech?.close?.())
  warnOfSunsets(providers.values(), clock.now(), log)
  const pipelines = createPipelines(createLocalPlanner(), { all: providers, default: local, assertPublicUrl })

  const courier = createCourier({ network, allowPrivate: config.webhookPrivate, userAgent: `Sluice/${version}`, now: clock.now })
  const sender = roles.lanes.includes('io') ? startWebhookSender({ store, courier, clock, ids, log, metrics, tracer }) : null
  stack.defer(() => sender?.stop())

  const inFlight = (provider: string): number | null => config.inFlight.get(provider) ?? (provider === local.id ? LOCAL_IN_FLIGHT : null)
  const engine: RunningEngine = createEngine({
    store,
    queue,
    bus,
    clock,
    ids,
    log,
    within: scope.within,
    metrics,
    tracer,
    providers,
    pipelines,
    inFlight,
    handlers: createHandlers({
      store,
      objects,
      scratch,
      media,
      inspector: createInspector(),
      speech: speech && tracedSpeech(speech, tracer),
      guard: guardrails.guard,
      providers,
      pipelines,
      profileOf: (job) => profileOf(store, job),
      clock,
      ids,
      ladder: (picture) => ladderFor(picture),
      hint: (jobId, takeId) => engine.hintTake(jobId, takeId),
      maxOutputBytes: config.maxOutputBytes,
      orderSearchMs: config.orderSearchMs,
      inFlight,
      ordersPerMinute: (provider) => config.ordersPerMinute.get(provider) ?? null,
      webhookUrl: (provider, takeId) => {
        const { publicUrl, hookSecret } = config
        return publicUrl === undefined || hookSecret === undefined ? null : hookAddress(publicUrl, hookSecret, provider, takeId)
      },
      version: `sluice ${version}`,
    }),
    webhooksDue: () => sender?.poke(),
    config: engineConfig(config),
  })
  stack.defer(() => engine.drain())
  await engine.start({ ...roles, ...thisProcess })
  const sweeper = startSweeper({ store, objects, clock, log })
  stack.defer(() => sweeper.stop())

  const url = roles.api ? await serve() : null
  const metricsUrl = url ?? (await serveMetrics(config, metrics, stack))
  const owned = stack.move()
  return {
    engine,
    store,
    objects,
    url,
    metricsUrl: metricsUrl && `${metricsUrl}/metrics`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }

  async function serve(): Promise<string> {
    assertSafeToListen(config.host, await store.keys.count())
    const hub = createEventHub({ store, bus, log, metrics })
    stack.defer(() => hub.close())
    const http = await createHttp({
      engine,
      store,
      objects,
      hub,
      clock,
      ids,
      log,
      metrics,
      metricsToken: config.metricsToken ?? null,
      tracer,
      courier,
      voices: local.capabilities.voices ?? [],
      providers: [...providers.values()],
      jobLimits: engineConfig(config),
      inFlight,
      hookSecret: config.hookSecret ?? null,
      redirects: config.s3Redirect,
      studioFolder,
      docsFolder,
      version,
    })
    stack.defer(() => http.close())
    return listen(http, config, 'SLUICE_PORT')
  }
}
