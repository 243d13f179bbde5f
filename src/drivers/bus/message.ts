import type { BusTopic, BusTopics } from '../../ports/bus.ts'

/** The port's limit for one message, as JSON. */
const MAX_MESSAGE_BYTES = 4_096

/** A message as it travels: `[topic, message]` as JSON. Throws a `RangeError` when it is larger than the port allows. */
export function messageText<T extends BusTopic>(topic: T, message: BusTopics[T]): string {
  const text = JSON.stringify([topic, message])
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_MESSAGE_BYTES) throw new RangeError(`a bus message of ${bytes} bytes is over the limit of ${MAX_MESSAGE_BYTES}`)
  return text
}
