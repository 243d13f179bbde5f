import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** `AMQP` and the version: what a client says first, before any frame. */
const GREETING_BYTES = 8
/** Type, channel and size; after the payload comes an octet that ends the frame. */
const FRAME_HEADER_BYTES = 7
const METHOD_FRAME = 1

export const BASIC_CANCEL = { classId: 60, methodId: 30 }

export interface AmqpRelay {
  url: string
  /** The next method of this class and number from a client never reaches the broker (AMQP 0-9-1, section 1.4). Resolves once it came. */
  swallow(classId: number, methodId: number): Promise<void>
  close(): void
}

/** Stands before a broker, frame by frame. */
export async function startAmqpRelay(brokerUrl: string): Promise<AmqpRelay> {
  const broker = new URL(brokerUrl)
  const sockets = new Set<Socket>()
  const unwanted: { classId: number; methodId: number; swallowed: () => void }[] = []

  function passes(frame: Buffer): boolean {
    if (frame.readUInt8(0) !== METHOD_FRAME) return true
    const [classId, methodId] = [frame.readUInt16BE(FRAME_HEADER_BYTES), frame.readUInt16BE(FRAME_HEADER_BYTES + 2)]
    const at = unwanted.findIndex((one) => one.classId === classId && one.methodId === methodId)
    if (at < 0) return true
    unwanted.splice(at, 1)[0]?.swallowed()
    return false
  }

  const server = createServer((client) => {
    const onward = connect(Number(broker.port), broker.hostname)
    for (const [socket, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => other.destroy())
    }
    onward.pipe(client)
    let pending = Buffer.alloc(0)
    let greeted = false
    client.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      if (!greeted && pending.length >= GREETING_BYTES) {
        onward.write(pending.subarray(0, GREETING_BYTES))
        pending = pending.subarray(GREETING_BYTES)
        greeted = true
      }
      while (greeted && pending.length >= FRAME_HEADER_BYTES) {
        const length = FRAME_HEADER_BYTES + pending.readUInt32BE(3) + 1
        if (pending.length < length) break
        const frame = pending.subarray(0, length)
        pending = pending.subarray(length)
        if (passes(frame)) onward.write(frame)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(brokerUrl)
  url.port = String((server.address() as AddressInfo).port)
  url.hostname = '127.0.0.1'
  return {
    url: url.href,
    swallow: (classId, methodId) => new Promise((swallowed) => unwanted.push({ classId, methodId, swallowed })),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
