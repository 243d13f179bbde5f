import type { LambdaFunction } from '../drivers/transcode/lambda/function-client.ts'
import type { Logger } from '../ports/logger.ts'
import type { Transcoder } from '../ports/transcoder.ts'
import type { Config } from './config.ts'
import { bucketOf } from './open-objects.ts'

/** What encodes pictures elsewhere; `null`: they are encoded on this machine. */
export async function openTranscoder(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<Transcoder | null> {
  const named = functionOf(config)
  const bucket = bucketOf(config)
  if (!named || !bucket) return null
  // Its SDK is loaded by nobody else.
  const { createLambdaTranscoder } = await import('../drivers/transcode/lambda/driver.ts')
  const { name, prefix } = bucket
  const transcoder = createLambdaTranscoder({ function: named, bucket: { name, prefix }, invocations: config.lambdaSlots, log })
  stack.defer(() => transcoder.close())
  return transcoder
}

/** The function of the settings; `null`: none is to be used. */
export function functionOf({
  transcode,
  lambdaFunction: name,
  lambdaRegion: region,
  lambdaEndpoint: endpoint,
}: Config): LambdaFunction | null {
  return transcode === 'lambda' && name !== undefined ? { name, region, endpoint } : null
}
