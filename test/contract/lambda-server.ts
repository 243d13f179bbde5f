import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A function as it would be deployed. */
export interface DeployedFunction {
  name: string
  /** The folder of its code, and in it `<file without extension>.<export>`. */
  taskRoot: string
  handler: string
  env: Record<string, string>
  timeoutSeconds: number
  /** Environments at once; one more is refused with 429. */
  concurrency: number
}

export interface RunningInvocation {
  payload: unknown
  /** Of the environment's process. */
  pid: number
  /** Ends the environment, as Lambda does with one that takes too much memory. */
  kill(): void
}

/** AWS Lambda on this machine: its Invoke API in front, its Runtime API behind, and AWS's own runtime client in between. */
export interface LambdaServer {
  endpoint: string
  /** Those that were run, in the order they were begun. */
  readonly invocations: RunningInvocation[]
  /** How many were refused with 429. */
  readonly refused: () => number
  /** The most that ran at once. */
  readonly mostAtOnce: () => number
  /** Called as each invocation is handed to its environment. */
  begun: (invocation: RunningInvocation) => void
  deployed: DeployedFunction
  dispose(): Promise<void>
}

interface Ended {
  error: boolean
  body: Buffer
}

interface Environment {
  process: ChildProcess
  api: Server
  folder: string
  said: string
  /** Nobody else may have it. */
  taken: boolean
  /** The open request for the next invocation. */
  next: ServerResponse | null
  current: { id: string; payload: Buffer; begun: boolean; timer?: NodeJS.Timeout; end(how: Ended): void } | null
}

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations/
/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
const RUNTIME = /^\/2018-06-01\/runtime\/(?:invocation\/next|invocation\/([^/]+)\/(response|error)|init\/error)$/
const LOG_TAIL_BYTES = 4_096

/** Why the function cannot be run here; `undefined` when it can. */
export function whyNoLambda(): string | undefined {
  return process.env['SLUICE_TEST_LAMBDA_RIC']
    ? undefined
    : 'SLUICE_TEST_LAMBDA_RIC names no aws-lambda-ric; `npm test` installs it on Linux'
}

/** Serves one function on a free port. An environment serves one invocation after the other and stands still in between, as Lambda's do. */
export async function startLambdaServer(deployed: DeployedFunction): Promise<LambdaServer> {
  const environments = new Set<Environment>()
  const invocations: RunningInvocation[] = []
  let refused = 0
  let running = 0
  let mostAtOnce = 0
  const killAll = () => environments.forEach(({ process: child }) => void child.kill('SIGKILL'))
  process.once('exit', killAll)

  const front = createServer((request, response) => void invoke(request, response))
  const server: LambdaServer = {
    endpoint: await listening(front),
    invocations,
    refused: () => refused,
    mostAtOnce: () => mostAtOnce,
    begun() {},
    deployed,
    async dispose() {
      const gone = [...environments].map(({ process: child }) => once(child, 'exit'))
      killAll()
      await Promise.all(gone)
      process.off('exit', killAll)
      front.close()
      front.closeAllConnections()
    },
  }
  return server

  async function invoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await bodyOf(request)
    const id = randomUUID()
    const refuse = (status: number, type: string, message: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
        .end(JSON.stringify({ Type: 'User', message }))
    const name = decodeURIComponent(INVOKE.exec(request.url ?? '')?.[1] ?? '')
    if (name !== server.deployed.name) return void refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`)
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256')) return void refuse(403, 'AccessDeniedException', 'not signed')
    if (request.headers['x-amz-invocation-type'] === 'DryRun') return void response.writeHead(204).end()
    if (running >= server.deployed.concurrency) {
      refused++
      return void refuse(429, 'TooManyRequestsException', 'Rate Exceeded.')
    }
    mostAtOnce = Math.max(mostAtOnce, ++running)
    const environment = [...environments].find(({ taken }) => !taken) ?? (await start())
    environment.taken = true
    const { error, body } = await run(environment, id, payload)
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(error && { 'x-amz-function-error': 'Unhandled' }),
      'x-amz-log-result': Buffer.from(environment.said.slice(-LOG_TAIL_BYTES)).toString('base64'),
    })
    response.end(body)
  }

  async function run(environment: Environment, id: string, payload: Buffer): Promise<Ended> {
    return new Promise((resolve) => {
      environment.current = {
        id,
        payload,
        begun: false,
        end(how) {
          if (environment.current?.id !== id) return
          clearTimeout(environment.current.timer)
          environment.current = null
          environment.taken = false
          running--
          resolve(how)
        },
      }
      deliver(environment)
    })
  }

  async function start(): Promise<Environment> {
    const ric = process.env['SLUICE_TEST_LAMBDA_RIC']
    if (!ric) throw new Error(whyNoLambda())
    const api = createServer((request, response) => void runtime(environment, request, response))
    const address = (await listening(api)).slice('http://'.length)
    const folder = await mkdtemp(join(tmpdir(), 'lambda-environment-'))
    const { name, taskRoot, handler, env } = server.deployed
    const child = spawn(process.execPath, [ric, handler], {
      cwd: taskRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing else of ours is in a container.
      env: {
        PATH: process.env['PATH'] ?? '',
        TMPDIR: folder,
        AWS_LAMBDA_RUNTIME_API: address,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: taskRoot,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: randomUUID(),
        AWS_REGION: 'us-east-1',
        ...env,
      },
    })
    const environment: Environment = { process: child, api, folder, said: '', taken: true, next: null, current: null }
    environments.add(environment)
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        environment.said = (environment.said + chunk.toString()).slice(-10 * LOG_TAIL_BYTES)
      })
    }
    child.once('exit', (code, signal) => {
      environments.delete(environment)
      api.close()
      api.closeAllConnections()
      void rm(folder, { recursive: true, force: true })
      const how = signal ? `signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : `error: exit status ${code}`
      environment.current?.end(failed('Runtime.ExitError', `RequestId: ${environment.current.id} Error: Runtime exited with ${how}`))
    })
    return environment
  }

  async function runtime(environment: Environment, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const found = RUNTIME.exec(request.url ?? '')
    if (!found) return void response.writeHead(404).end()
    const [, id, how] = found
    if (request.url?.endsWith('/next')) {
      environment.next = response
      if (environment.current) deliver(environment)
      else environment.process.kill('SIGSTOP')
      return
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    if (id === undefined || environment.current?.id === id) environment.current?.end({ error: how !== 'response', body })
  }

  function deliver(environment: Environment): void {
    const { current, next, process: child } = environment
    if (!current || !next || current.begun) return
    const { name, timeoutSeconds } = server.deployed
    environment.next = null
    current.begun = true
    child.kill('SIGCONT')
    next.writeHead(200, {
      'content-type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': current.id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutSeconds * 1_000),
      'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    })
    next.end(current.payload)
    current.timer = setTimeout(() => {
      // Nobody else gets it.
      environments.delete(environment)
      current.end(failed('Sandbox.Timedout', `RequestId: ${current.id} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`))
      child.kill('SIGKILL')
    }, timeoutSeconds * 1_000)
    const begun = {
      payload: JSON.parse(current.payload.toString()) as unknown,
      pid: child.pid ?? 0,
      kill: () => void child.kill('SIGKILL'),
    }
    invocations.push(begun)
    server.begun(begun)
  }
}

const failed = (errorType: string, errorMessage: string): Ended => ({
  error: true,
  body: Buffer.from(JSON.stringify({ errorType, errorMessage })),
})

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
