import { InvokeCommand, LambdaClient, LambdaServiceException } from '@aws-sdk/client-lambda'
import { SluiceError } from '../../../domain/errors.ts'

export interface LambdaFunction {
  /** Name or ARN, with `:alias` or `:version` where that is wanted. */
  name: string
  /** Absent: the SDK looks for it (environment, profile). */
  region: string | undefined
  /** A server other than AWS. */
  endpoint: string | undefined
}

/** How an invocation ended, as far as asking again is concerned. */
export type Invocation =
  | { ended: 'answered'; answer: unknown }
  /** The account or the function has as many at once as it may: it was not run. */
  | { ended: 'throttled'; said: string }
  /** It broke down or was not reached: another try may go well. */
  | { ended: 'failed'; problem: SluiceError; log: string | undefined }

export interface FunctionClient {
  /** Throws `transcoder_unavailable` for what another try does not mend, or the signal's reason. */
  invoke(payload: string, signal: AbortSignal): Promise<Invocation>
  /** Asks whether the function is there and may be invoked, without running it. Throws `transcoder_unavailable`. */
  ask(signal: AbortSignal): Promise<void>
  close(): void
}

const CONNECT_WITHIN_MS = 5_000
/** Lambda ends a function after 15 minutes; its answer may take a little longer. */
const ANSWER_WITHIN_MS = 15.5 * 60_000

const THROTTLES = new Set(['TooManyRequestsException', 'EC2ThrottledException', 'ENILimitReachedException', 'ThrottlingException'])

/** What to do about the codes that setting it up wrong brings. */
const remedies: Record<string, (of: LambdaFunction) => string> = {
  ResourceNotFoundException: ({ name }) =>
    `Deploy the function ${name} in this region, or correct SLUICE_LAMBDA_FUNCTION or SLUICE_LAMBDA_REGION.`,
  AccessDeniedException: ({ name }) => `Give the keys or the role of this machine the right lambda:InvokeFunction on ${name}.`,
  UnrecognizedClientException: () => 'Correct the keys: AWS does not know them.',
  InvalidSignatureException: () => 'Correct AWS_SECRET_ACCESS_KEY, and the clock of this machine.',
  ExpiredTokenException: () => 'Renew the keys: their time is over.',
  CredentialsProviderError: () => 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role.',
  RequestTooLargeException: () => 'Use a ladder with fewer rates of sound.',
}

/** Invokes one function, each call once: who calls decides about the next. */
export function createFunctionClient(of: LambdaFunction, { sockets }: { sockets: number }): FunctionClient {
  const { name, region, endpoint } = of
  const client = new LambdaClient({
    ...(endpoint !== undefined && { endpoint, region: region ?? 'us-east-1' }),
    ...(region !== undefined && { region }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
      // Nothing is said while it works; TCP's own keep-alive is on.
      httpAgent: { keepAlive: true, maxSockets: sockets },
      httpsAgent: { keepAlive: true, maxSockets: sockets },
    },
  })

  return {
    async invoke(payload, signal) {
      let answer: Awaited<ReturnType<typeof send>>
      try {
        answer = await send(payload, signal)
      } catch (error) {
        signal.throwIfAborted()
        const code = error instanceof Error ? error.name : ''
        if (THROTTLES.has(code)) return { ended: 'throttled', said: code }
        if (code in remedies || isRefusal(error)) throw unavailable(of, error)
        return { ended: 'failed', problem: unavailable(of, error), log: undefined }
      }
      const body = Buffer.from(answer.Payload ?? []).toString()
      if (answer.FunctionError === undefined) return { ended: 'answered', answer: parsed(body) }
      const log = answer.LogResult === undefined ? undefined : Buffer.from(answer.LogResult, 'base64').toString()
      return { ended: 'failed', problem: breakdown(of, parsed(body)), log }
    },
    async ask(signal) {
      try {
        await client.send(new InvokeCommand({ FunctionName: name, InvocationType: 'DryRun' }), { abortSignal: signal })
      } catch (error) {
        throw unavailable(of, error)
      }
    },
    close: () => client.destroy(),
  }

  function send(payload: string, signal: AbortSignal) {
    const command = new InvokeCommand({
      FunctionName: name,
      InvocationType: 'RequestResponse',
      LogType: 'Tail',
      Payload: Buffer.from(payload),
    })
    return client.send(command, { abortSignal: signal })
  }
}

/** Says no for a reason that stays. A function that is being changed says 409 or 502, and a broken Lambda 5xx. */
const isRefusal = (error: unknown): boolean =>
  error instanceof LambdaServiceException && [400, 401, 403, 404, 413, 415].includes(error.$metadata.httpStatusCode ?? 0)

function unavailable(of: LambdaFunction, error: unknown): SluiceError {
  const code = error instanceof Error ? error.name : 'unknown error'
  const said = error instanceof Error ? error.message : String(error)
  const words = [...new Set([code === 'Error' ? '' : code, said])].filter((word) => word !== '').join(', ')
  return new SluiceError('transcoder_unavailable', `The function ${of.name} was not invoked: ${words}`.replace(/\.*$/, '.'), {
    fix:
      remedies[code]?.(of) ?? 'Check SLUICE_LAMBDA_FUNCTION, SLUICE_LAMBDA_REGION and SLUICE_LAMBDA_ENDPOINT; sluice doctor asks for it.',
    facts: { function: of.name, code },
    cause: error,
  })
}

/** What Lambda says of a function that did not answer: `{ errorType, errorMessage }`. */
function breakdown({ name }: LambdaFunction, body: unknown): SluiceError {
  const { errorType = 'unknown', errorMessage = '' } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const said = `${errorType}: ${errorMessage}`.slice(0, 1_000)
  const fix = /timed out/i.test(said)
    ? 'Raise the time limit of the function (10 minutes is ample), or its memory, with which it gets more CPU.'
    : /signal: killed|OutOfMemory|ExitError/.test(said)
      ? 'Raise the memory of the function: it ended in the middle, which mostly is a lack of it. Its log says more.'
      : 'Read the log of the function.'
  return new SluiceError('media_tool_failed', `The function ${name} broke down: ${said}`, { fix, facts: { function: name, errorType } })
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
