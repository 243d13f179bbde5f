import type { JobId, TakeId, TenantId } from './ids.ts'
import type { MicroUsd } from './money.ts'

/**
 * What a take costs. One entry a take, so that nothing is counted twice.
 *
 * - `reserved`: set aside before the order goes out, counted as if it were spent. → `settled`, `released`
 * - `settled`: what the provider took, by its own figure or by our price list. Or what it may have taken, where nobody
 *   can tell: then the whole reservation. The end.
 * - `released`: nothing was charged. → `reserved` (the same take is ordered after all: its first order was certainly not taken)
 */
export type LedgerState = 'reserved' | 'settled' | 'released'

export interface LedgerEntry {
  takeId: TakeId
  jobId: JobId
  tenantId: TenantId
  provider: string
  model: string | null
  state: LedgerState
  /** Set aside; once settled, taken. */
  amountMicroUsd: MicroUsd
  /** The evidence: the price list and its date, `vendor` for the provider's own figure, `assumed` where nobody can tell. */
  basis: string
  at: Date
}

/** What a tenant may spend and has. */
export interface Budget {
  /** `null`: no limit. */
  limitMicroUsd: MicroUsd | null
  reservedMicroUsd: MicroUsd
  spentMicroUsd: MicroUsd
}
