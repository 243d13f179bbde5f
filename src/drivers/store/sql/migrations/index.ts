import { first } from './0001-first.ts'
import { spend } from './0002-spend.ts'
import { gate } from './0003-gate.ts'
import { reviews } from './0004-reviews.ts'
import { webhooks } from './0005-webhooks.ts'
import { judgements } from './0006-judgements.ts'
import { blockLists } from './0007-block-lists.ts'
import { lanes } from './0008-lanes.ts'
import { retention } from './0009-retention.ts'
import { house } from './0010-house.ts'
import { fair } from './0011-fair.ts'
import { lines } from './0012-lines.ts'
import { traces } from './0013-traces.ts'
import { tenantStorage } from './0014-tenant-storage.ts'
import { operations } from './0015-operations.ts'
import { rates } from './0016-rates.ts'
import { stepPlans } from './0017-step-plans.ts'
import { submits } from './0018-submits.ts'

/** In order, forward only. A migration that was ever released is never changed; the next one mends it. */
export const migrations: readonly { version: number; name: string; sql: string }[] = [
  { version: 1, name: 'first', sql: first },
  { version: 2, name: 'spend', sql: spend },
  { version: 3, name: 'gate', sql: gate },
  { version: 4, name: 'reviews', sql: reviews },
  { version: 5, name: 'webhooks', sql: webhooks },
  { version: 6, name: 'judgements', sql: judgements },
  { version: 7, name: 'block-lists', sql: blockLists },
  { version: 8, name: 'lanes', sql: lanes },
  { version: 9, name: 'retention', sql: retention },
  { version: 10, name: 'house', sql: house },
  { version: 11, name: 'fair', sql: fair },
  { version: 12, name: 'lines', sql: lines },
  { version: 13, name: 'traces', sql: traces },
  { version: 14, name: 'tenant-storage', sql: tenantStorage },
  { version: 15, name: 'operations', sql: operations },
  { version: 16, name: 'rates', sql: rates },
  { version: 17, name: 'step-plans', sql: stepPlans },
  { version: 18, name: 'submits', sql: submits },
]
