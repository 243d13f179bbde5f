/** Small messages between processes, at most once, after the commit they speak of. Payloads are at most 4 kB. */
export interface BusTopics {
  /** New events of a job, up to and including `seq`. */
  'job:events': { jobId: string; tenantId: string; seq: number }
  /** Steps have become due: whoever admits them need not wait to find them. */
  'steps:due': Record<string, never>
  /** Someone asked for the job to stop. */
  'job:cancel': { jobId: string }
}

export type BusTopic = keyof BusTopics

export interface Bus {
  publish<T extends BusTopic>(topic: T, message: BusTopics[T]): Promise<void>
  /** Returns the way to stop. After a lost connection `onGap` is called once it is back: messages may be missing. */
  subscribe<T extends BusTopic>(topic: T, handler: (message: BusTopics[T]) => void, onGap?: () => void): () => void
  close(): Promise<void>
}
