import type { StepId } from '../domain/ids.ts'
import type { Lane } from '../domain/step.ts'

export interface QueueMessage {
  stepId: StepId
  /** Higher first, where the broker can; a broker that cannot ignores it. */
  priority: number
}

export interface Consumer {
  /** Takes no further message; resolves once every handler has returned. */
  stop(): Promise<void>
}

/**
 * Carries the ids of steps that are due. A message is a hint: it may come late, twice or never, and the store decides.
 * No message is held while a handler runs for long, so no broker's time limit touches a step.
 */
export interface Queue {
  /** Resolves once the broker holds them, after what this was asked to send to the lane before. Rejects with `store_unavailable` when it cannot be reached. */
  send(lane: Lane, messages: QueueMessage[]): Promise<void>
  /** Calls `handler` for at most `slots` messages at a time. A handler that rejects is logged by the caller, never redelivered. */
  consume(lane: Lane, slots: number, handler: (stepId: StepId) => Promise<void>): Promise<Consumer>
  /** Messages waiting in the lane. */
  depth(lane: Lane): Promise<number>
  close(): Promise<void>
}
