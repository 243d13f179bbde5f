import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../compose/config.ts'
import { createLogger } from '../compose/logger.ts'
import { bucketOf, openObjects } from '../compose/open-objects.ts'
import { asSluiceError, SluiceError } from '../domain/errors.ts'
import { createScratch } from '../drivers/objects/fs/scratch.ts'
import { type ChunkAnswer, resultOf } from '../drivers/transcode/lambda/wire.ts'
import { locateFfmpeg } from '../media/ffmpeg/locate.ts'
import { createToolRunner } from '../media/ffmpeg/run.ts'
import { type EncodeParts, encode } from './encode.ts'

/** Of what Lambda tells of an invocation. */
interface Context {
  getRemainingTimeInMillis(): number
}

/** Left for the answer when FFmpeg has to be stopped: the invocation then ends with words instead of with its environment. */
const ANSWER_MS = 3_000

let opened: Promise<EncodeParts> | undefined

/**
 * The entry of the function: one invocation encodes one chunk. Its settings are the server's own `SLUICE_S3_*`, in its environment;
 * its keys are its role's. What is wrong is answered as `{ problem }`, so that the server says it in the words of its cause.
 */
export async function handler(event: unknown, context: Context): Promise<ChunkAnswer> {
  try {
    opened ??= open()
    // A failure is not remembered: the bucket may be reached the next time.
    opened.catch(() => {
      opened = undefined
    })
    const timeoutMs = Math.max(1_000, context.getRemainingTimeInMillis() - ANSWER_MS)
    return resultOf(await encode(event, await opened, timeoutMs))
  } catch (error) {
    const { code, message: detail, fix, retry } = asSluiceError(error)
    return { problem: { code, detail, retry, ...(fix !== undefined && { fix }) } }
  }
}

/** Once for an environment, which then serves one invocation after the other. Only its temporary folder can be written. */
async function open(): Promise<EncodeParts> {
  const config = loadConfig(process.env)
  const bucket = bucketOf(config)
  if (!bucket) {
    throw new SluiceError('config_invalid', 'The function has no SLUICE_S3_BUCKET.', {
      fix: 'Give it the SLUICE_S3_* settings of the server.',
    })
  }
  const log = createLogger(config.logLevel)
  const scratch = await createScratch({ folder: join(tmpdir(), 'sluice') })
  // For as long as the environment lives; Lambda ends it without a word.
  const objects = await openObjects(config, scratch, log, new AsyncDisposableStack())
  const runner = createToolRunner({ ...(await locateFfmpeg(config)), sandbox: config.sandbox, log })
  return { runner, objects, bucket: { name: bucket.name, prefix: bucket.prefix } }
}
