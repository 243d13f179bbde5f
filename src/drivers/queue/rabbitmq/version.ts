import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { connectBroker } from './broker.ts'

const ANSWER_TIMEOUT_MS = 5_000
/** A frame that begins a connection is no longer than this: AMQP 0-9-1, 4.2.3 (frame-min-size). */
const GREETING_BYTES = 4_096
/** What a client says first: AMQP 0-9-1, 4.2.2. */
const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1')
const VERSION_KEY = Buffer.from('\x07versionS', 'latin1')

/**
 * The version of the broker, once it has let us in and make a queue whose name begins as ours do; that one goes with the connection.
 * Throws `store_unavailable`.
 */
export async function rabbitmqVersion(url: string, prefix: string): Promise<string> {
  const broker = connectBroker(url, 'doctor')
  try {
    await broker.ask(() => broker.connection.queueDeclare({ queue: `${prefix}.doctor-${randomUUID()}`, exclusive: true }))
    return await broker.ask(() => versionOf(url))
  } finally {
    await broker.close()
  }
}

/**
 * The client does not hand on what the broker tells of itself, so its greeting is read here: `connection.start` carries a
 * field table in which `version` is a long string, a tag `S` and its length in four bytes (AMQP 0-9-1, 4.2.5.5).
 */
async function versionOf(url: string): Promise<string> {
  const { protocol, hostname: host, port } = new URL(url)
  const secure = protocol === 'amqps:'
  const address = { host, port: Number(port) || (secure ? 5671 : 5672), timeout: ANSWER_TIMEOUT_MS }
  const socket = secure ? connectTls(address) : connect(address)
  socket.once('timeout', () => socket.destroy(new Error('it does not answer')))
  socket.write(PROTOCOL_HEADER)
  let greeting = Buffer.alloc(0)
  for await (const chunk of socket) {
    greeting = Buffer.concat([greeting, chunk as Buffer])
    const at = greeting.indexOf(VERSION_KEY)
    const textAt = at + VERSION_KEY.length + 4
    if (at >= 0 && greeting.length >= textAt) {
      const end = textAt + greeting.readUInt32BE(textAt - 4)
      if (greeting.length >= end) return greeting.toString('utf8', textAt, end)
    }
    if (greeting.length > GREETING_BYTES) break
  }
  return 'unknown version'
}
