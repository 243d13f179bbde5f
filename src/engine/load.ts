import { DEAD_LETTER_KINDS } from '../domain/dead-letter.ts'
import type { GaugeReading } from '../ports/metrics.ts'
import type { EngineDeps } from './deps.ts'

/** Several who look at once, or often, cost the store one answer. */
const KEPT_MS = 5_000
/** Who looks does not wait longer for a store that does not answer. */
const WITHIN_MS = 2_000
const MOST_LETTERS = 10_000

type LoadDeps = Pick<EngineDeps, 'store' | 'metrics' | 'log' | 'config'>

/** Shows what waits in the whole house: read from the store when somebody looks, so that all processes show the same. */
export function showLoad(deps: LoadDeps): void {
  deps.metrics.gauges(readNowAndThen(KEPT_MS, () => within(WITHIN_MS, readLoad(deps)).catch(down)))

  function down(error: unknown): GaugeReading[] {
    deps.log.warn({ err: error }, 'the store did not say what waits')
    return [{ name: 'sluice_store_up', labels: {}, value: 0 }]
  }
}

async function readLoad({ store, config }: LoadDeps): Promise<GaugeReading[]> {
  const [lanes, orders, letters] = await Promise.all([
    store.steps.backlog(config.hintAgainMs),
    store.takes.ordered(),
    store.deadLetters.openByKind(MOST_LETTERS),
  ])
  return [
    { name: 'sluice_store_up', labels: {}, value: 1 },
    ...lanes.flatMap(({ lane, depth, oldestSeconds }): GaugeReading[] => [
      { name: 'sluice_queue_depth_steps', labels: { lane }, value: depth },
      { name: 'sluice_queue_oldest_age_seconds', labels: { lane }, value: oldestSeconds },
    ]),
    ...orders.flatMap(({ provider, inFlight, inDoubt }): GaugeReading[] => [
      { name: 'sluice_orders_in_flight', labels: { provider }, value: inFlight },
      { name: 'sluice_orders_in_doubt', labels: { provider }, value: inDoubt },
    ]),
    ...DEAD_LETTER_KINDS.map(
      (kind): GaugeReading => ({ name: 'sluice_dead_letters_open', labels: { kind }, value: letters.get(kind) ?? 0 }),
    ),
  ]
}

/** Reads again once the last answer is older than `keptMs`. */
export function readNowAndThen(keptMs: number, read: () => Promise<GaugeReading[]>): () => Promise<GaugeReading[]> {
  let known: { at: number; readings: Promise<GaugeReading[]> } | null = null
  return () => {
    const now = performance.now()
    if (known === null || now - known.at > keptMs) known = { at: now, readings: read() }
    return known.readings
  }
}

export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
