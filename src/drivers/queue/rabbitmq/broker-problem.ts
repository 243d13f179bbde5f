import { SluiceError } from '../../../domain/errors.ts'

/** What to do about what RabbitMQ answers to a set-up that is wrong. The first that fits. */
const remedies: [RegExp, string][] = [
  [
    /login was refused/i,
    'Correct the user and the password in SLUICE_RABBITMQ_URL; characters such as @ and / in them are percent-encoded.',
  ],
  [/vhost .*not found/, 'Make the virtual host (rabbitmqctl add_vhost <name>), or correct it at the end of SLUICE_RABBITMQ_URL.'],
  [/limit .*is reached/, 'Raise that limit: each process opens two connections, and there is a queue for each lane.'],
  [/ACCESS_REFUSED|access to .* refused/, "Give the user its rights: rabbitmqctl set_permissions -p <vhost> <user> '.*' '.*' '.*'."],
  [
    /rejected by server/,
    'A policy limits how long its queues may be (max-length): exempt those that begin with SLUICE_QUEUE_PREFIX. What is due waits in the database.',
  ],
  [/low on (memory|disk)/, 'Give it more, or let the workers catch up. What is due waits in the database meanwhile.'],
  [/wrong version number|EPROTO/, 'Nobody speaks TLS on that port: write amqp: instead of amqps:, or name the port of TLS (5671).'],
  [/ENOTFOUND/, 'Correct the host in SLUICE_RABBITMQ_URL: no such name is known here.'],
]

/** `store_unavailable` for what was said on the way to RabbitMQ at `host`. */
export function brokerProblem(host: string, reason: string, cause?: unknown): SluiceError {
  const remedy = remedies.find(([said]) => said.test(reason))?.[1]
  return new SluiceError('store_unavailable', `RabbitMQ at ${host} cannot be used: ${reason}`, {
    fix: remedy ?? 'Check that it runs and that SLUICE_RABBITMQ_URL is right; `sluice doctor` tries it.',
    cause,
  })
}

/** In a line, without the `undefined: ` that the client puts before what concerns no frame of ours. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^undefined: /, '').trim()
}
