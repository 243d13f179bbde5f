import { asSluiceError } from '../domain/errors.ts'
import { examineRabbitmq } from '../drivers/queue/rabbitmq/examine.ts'
import type { Config } from './config.ts'
import type { Finding } from './examine.ts'

/** Whether the broker answers, and its version. The queue on PostgreSQL needs nothing of its own. */
export async function examineQueue(config: Config): Promise<Finding[]> {
  switch (config.queue) {
    case 'postgres':
      return []
    case 'rabbitmq':
      return [await rabbitmqFinding(config.rabbitmqUrl as string)]
  }
}

async function rabbitmqFinding(url: string): Promise<Finding> {
  const what = 'RabbitMQ'
  try {
    return { what, state: 'ok', found: `${await examineRabbitmq(url)} at ${new URL(url).host}` }
  } catch (error) {
    const fix = 'Start it, correct SLUICE_RABBITMQ_URL, or unset SLUICE_QUEUE to do without.'
    return { what, state: 'missing', found: asSluiceError(error).message, fix }
  }
}
