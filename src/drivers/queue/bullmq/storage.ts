import type { BackendFactory, IQueueBackend } from 'bullmq'

/** Where Bull keeps its messages: Redis, or a PostgreSQL. */
export interface BullStorage<Connection> {
  /** Bull's own way to the place. */
  factory: BackendFactory<IQueueBackend, Connection>
  connection: Connection
  /** Whether all goes over one connection, so that nothing overtakes what was sent before. */
  keepsOrder: boolean
  /** Resolves once it can be used; rejects with `store_unavailable` within a time limit. */
  reachable(): Promise<void>
  /** What went wrong on the way there, as Sluice says it. Anything else is returned as it came. */
  problem(error: unknown): unknown
  close(): Promise<void>
}
