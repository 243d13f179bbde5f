import { join } from 'node:path'
import type { DeadLetter } from '../domain/dead-letter.ts'
import { assertPublicUrl, createNetwork } from '../drivers/http/network.ts'
import { silentMetrics } from '../drivers/metrics/silent/metrics.ts'
import { createLocalPlanner } from '../drivers/provider/local/plan/planner.ts'
import { createLocalProvider } from '../drivers/provider/local/provider.ts'
import { silentTracer } from '../drivers/tracer/silent/tracer.ts'
import { createAcceptance } from '../engine/accept.ts'
import { createBackPressure } from '../engine/back-pressure.ts'
import { asDeadLetterId, dismissDeadLetter, type RetriedLetter, retryDeadLetter } from '../engine/dead-letters.ts'
import { createForecast } from '../engine/forecast.ts'
import { createTenantPolicies } from '../engine/tenant-policies.ts'
import { createPipelines } from '../pipelines/index.ts'
import type { Bus } from '../ports/bus.ts'
import type { Logger } from '../ports/logger.ts'
import type { Provider } from '../ports/provider.ts'
import type { Store } from '../ports/store.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { engineConfig } from './engine-config.ts'
import { ids } from './ids.ts'
import { openStoreBeside } from './open-store-beside.ts'
import { createVendors } from './providers.ts'

/** What is begun is found by the processes that run, within a second: nobody needs to be told. */
const noBus: Bus = { publish: async () => {}, subscribe: () => () => {}, close: async () => {} }

export interface OpenDeadLetters {
  store: Store
  /** Throws what {@link retryDeadLetter} does. */
  retry(id: string): Promise<RetriedLetter>
  dismiss(id: string): Promise<DeadLetter>
}

/** The dead letters of all tenants, also beside a running server, which then does what is retried. */
export async function openDeadLetters(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<OpenDeadLetters> {
  const store = await openStoreBeside(config, log, stack)
  return {
    store,
    dismiss: async (id) => dismissDeadLetter({ store, clock: systemClock }, null, asDeadLetterId(id)),
    async retry(text) {
      const id = asDeadLetterId(text)
      // A job that is submitted again is planned and priced here. Nothing is made here, so no FFmpeg is looked for.
      const local = createLocalProvider({ folder: join(config.dataFolder, 'local-takes'), ffmpegPath: config.ffmpegPath ?? 'ffmpeg', log })
      stack.defer(async () => local.close?.())
      const network = createNetwork()
      stack.defer(() => network.close())
      const providers = new Map<string, Provider>([local, ...createVendors(config, network)].map((provider) => [provider.id, provider]))
      const deps = {
        store,
        bus: noBus,
        clock: systemClock,
        ids,
        log,
        metrics: silentMetrics,
        tracer: silentTracer,
        providers,
        inFlight: (provider: string) => config.inFlight.get(provider) ?? null,
        pipelines: createPipelines(createLocalPlanner(), { all: providers, default: local, assertPublicUrl }),
        config: engineConfig(config),
        policies: createTenantPolicies(store),
        backPressure: createBackPressure({ store, config: engineConfig(config) }),
        forecast: createForecast(store.samples),
        accept: createAcceptance(store),
        stepsDue: () => {},
      }
      return retryDeadLetter(deps, null, id)
    },
  }
}
