import { setTimeout as pause } from 'node:timers/promises'
import { SluiceError } from '../../../domain/errors.ts'
import type { Logger } from '../../../ports/logger.ts'
import type { Transcoder } from '../../../ports/transcoder.ts'
import { createFanOut } from './fan-out.ts'
import { createFunctionClient, type LambdaFunction } from './function-client.ts'
import { ChunkAnswer, type ChunkEvent, eventOf } from './wire.ts'

export interface LambdaTranscoderOptions {
  function: LambdaFunction
  /** Where the function reads and writes; it must have the same. */
  bucket: ChunkEvent['bucket']
  /** The most invocations at once. */
  invocations: number
  log: Logger
}

export interface LambdaTranscoder extends Transcoder {
  close(): void
}

/** Tries of one chunk, those refused for being too many at once not counted. */
const TRIES = 4
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** So long one chunk is refused before it is given back to the engine, which has it tried again later. */
const REFUSED_FOR_MS = 15 * 60_000

/**
 * Encodes each chunk by one invocation of a function in AWS Lambda, at most so many at once. A refusal for too many (429) slows
 * all, a function that breaks down is invoked again, for that chunk alone; what the function itself says is wrong is thrown.
 */
export function createLambdaTranscoder({ function: named, bucket, invocations, log }: LambdaTranscoderOptions): LambdaTranscoder {
  const client = createFunctionClient(named, { sockets: invocations })
  const fanOut = createFanOut(invocations)

  return {
    close: () => client.close(),
    async encode(order, signal) {
      const segments = `${order.firstSegment + order.segments.from} to ${order.firstSegment + order.segments.to - 1}`
      let tried = 0
      let refused = 0
      let refusedSince = 0
      for (;;) {
        const leave = await fanOut.enter(signal)
        const outcome = await client.invoke(JSON.stringify(eventOf(order, bucket)), signal).finally(leave)
        if (outcome.ended === 'throttled') {
          fanOut.slower()
          refusedSince ||= performance.now()
          if (performance.now() - refusedSince > REFUSED_FOR_MS) throw refusedTooLong(named.name, outcome.said)
          log.debug({ segments, said: outcome.said }, 'Lambda has too many invocations; slower')
          await pause(backoffMs(refused++), undefined, { signal })
          continue
        }
        const result = outcome.ended === 'answered' ? read(outcome.answer, named.name) : outcome.problem
        if (!(result instanceof SluiceError)) {
          fanOut.faster()
          return result
        }
        tried++
        if (tried >= TRIES || result.retry !== 'same') throw result
        const said = outcome.ended === 'failed' ? outcome.log : undefined
        log.warn({ segments, tried, code: result.code, detail: result.message, said }, 'a chunk was not encoded; trying again')
        await pause(backoffMs(tried - 1), undefined, { signal })
      }
    },
  }
}

/** Twice as long each time, and a part of it at random, so that those refused together do not come back together. */
const backoffMs = (n: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** n) * (0.5 + Math.random() / 2)

function refusedTooLong(name: string, said: string): SluiceError {
  return new SluiceError('transcoder_unavailable', `The function ${name} took no chunk for ${REFUSED_FOR_MS / 60_000} minutes: ${said}.`, {
    fix: 'Raise the concurrency of the function or of the account, or lower SLUICE_LAMBDA_SLOTS.',
    facts: { function: name },
  })
}

/** What the function answered, or the problem it told of. */
function read(answer: unknown, name: string) {
  const parsed = ChunkAnswer.safeParse(answer)
  if (!parsed.success) {
    return new SluiceError('media_tool_failed', `The function ${name} answered with something else than a chunk.`, {
      retry: 'never',
      fix: 'Deploy the function of this version of Sluice (deploy/lambda), or correct SLUICE_LAMBDA_FUNCTION.',
      cause: parsed.error,
    })
  }
  if (!('problem' in parsed.data)) return parsed.data
  const { code, detail, fix, retry } = parsed.data.problem
  return new SluiceError(code, `In the function ${name}: ${detail}`, { retry, ...(fix !== undefined && { fix }) })
}
