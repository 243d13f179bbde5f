import { asSluiceError } from '../domain/errors.ts'
import { rabbitmqVersion } from '../drivers/queue/rabbitmq/version.ts'
import type { Config } from './config.ts'
import type { Finding } from './examine.ts'

const WHAT = 'RabbitMQ'

/** Whether the RabbitMQ of the configuration answers, and its version. */
export async function examineRabbitmq({ queue, rabbitmqUrl, queuePrefix }: Config): Promise<Finding[]> {
  if (queue !== 'rabbitmq' || rabbitmqUrl === undefined) return []
  try {
    return [{ what: WHAT, state: 'ok', found: `${await rabbitmqVersion(rabbitmqUrl, queuePrefix)} at ${new URL(rabbitmqUrl).host}` }]
  } catch (error) {
    const { message: found, fix = 'See the message.' } = asSluiceError(error)
    return [{ what: WHAT, state: 'missing', found, fix }]
  }
}
