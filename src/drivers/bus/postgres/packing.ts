/** PostgreSQL's limit for a NOTIFY payload is 8,000 bytes, the terminating zero included. */
const MAX_PAYLOAD_BYTES = 7_999

/** Packs messages (JSON texts) into as few payloads (JSON arrays) as the limit allows, in order. */
export function packMessages(messages: string[]): string[] {
  const payloads: string[] = []
  let pack: string[] = []
  let packBytes = 0
  for (const message of messages) {
    const bytes = Buffer.byteLength(message) + 1
    if (packBytes + bytes + 1 > MAX_PAYLOAD_BYTES) {
      payloads.push(`[${pack.join()}]`)
      pack = []
      packBytes = 0
    }
    pack.push(message)
    packBytes += bytes
  }
  if (pack.length > 0) payloads.push(`[${pack.join()}]`)
  return payloads
}

/** The messages of a payload as `[topic, message]`. */
export function unpackMessages(payload: string): [string, unknown][] {
  return JSON.parse(payload)
}
