/** A process to be killed: sends the due webhooks of the database of the URL it is given, until it is. */

import { systemClock } from '../../src/compose/clock.ts'
import { ids } from '../../src/compose/ids.ts'
import { createLogger } from '../../src/compose/logger.ts'
import { createCourier } from '../../src/drivers/http/courier.ts'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { silentMetrics } from '../../src/drivers/metrics/silent/metrics.ts'
import { createPostgresPool } from '../../src/drivers/store/postgres/pool.ts'
import { createSqlStore } from '../../src/drivers/store/sql/store.ts'
import { silentTracer } from '../../src/drivers/tracer/silent/tracer.ts'
import { startWebhookSender } from '../../src/realtime/webhook-sender.ts'

startWebhookSender({
  store: createSqlStore({ pool: createPostgresPool(process.argv[2] ?? '', { max: 4 }) }),
  courier: createCourier({ network: createNetwork(), allowPrivate: true, userAgent: 'Sluice/test' }),
  clock: systemClock,
  ids,
  log: createLogger('silent'),
  metrics: silentMetrics,
  tracer: silentTracer,
  leaseMs: 300,
})
