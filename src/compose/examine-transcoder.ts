import type { Config } from './config.ts'
import type { Finding } from './examine.ts'
import { functionOf } from './open-transcoder.ts'

const ANSWER_WITHIN_MS = 15_000

/**
 * Asks Lambda whether the function is there and may be invoked, without running it. Nothing where the ladder is encoded on the
 * workers. Throws what keeps it from answering, which says what to do.
 */
export async function examineTranscoder(config: Config): Promise<Finding[]> {
  const named = functionOf(config)
  if (!named) return []
  const { createFunctionClient } = await import('../drivers/transcode/lambda/function-client.ts')
  const client = createFunctionClient(named, { sockets: 1 })
  try {
    await client.ask(AbortSignal.timeout(ANSWER_WITHIN_MS))
  } finally {
    client.close()
  }
  return [{ what: 'function', state: 'ok', found: `${named.name} at ${named.endpoint ?? 'AWS'}; it may be invoked` }]
}
