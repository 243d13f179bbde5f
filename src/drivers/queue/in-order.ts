import type { Lane } from '../../domain/step.ts'
import type { Queue } from '../../ports/queue.ts'

/** Has the sendings to a lane go one after the other, where those over several connections would overtake each other. */
export function inOrder(send: Queue['send']): Queue['send'] {
  const last = new Map<Lane, Promise<unknown>>()
  return (lane, messages) => {
    const sending = (last.get(lane) ?? Promise.resolve()).then(() => send(lane, messages))
    last.set(
      lane,
      sending.catch(() => {}),
    )
    return sending
  }
}
