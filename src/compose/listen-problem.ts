import { SluiceError } from '../domain/errors.ts'
import type { Config } from './config.ts'

/** What the operating system means when it does not let us listen: `config_invalid`, with its name in `facts.errno`. */
export function listenProblem(
  error: unknown,
  { host, port }: Pick<Config, 'host' | 'port'>,
  variable: 'SLUICE_PORT' | 'SLUICE_METRICS_PORT' = 'SLUICE_PORT',
): unknown {
  const setTo = (other: number) => `${variable === 'SLUICE_PORT' ? `--port ${other} or ` : ''}${variable}=${other}`
  const errno = error instanceof Error && 'code' in error ? error.code : undefined
  const problem = (field: string, detail: string, fix: string) =>
    new SluiceError('config_invalid', detail, { field, fix, facts: { errno }, cause: error })
  switch (errno) {
    case 'EADDRINUSE':
      return problem(
        variable,
        `Port ${port} on ${host} is taken by another program, perhaps by another Sluice.`,
        `Stop that program, or choose another port: ${setTo(8788)}. Port 0 takes a free one.`,
      )
    case 'EACCES':
      return problem(variable, `This user may not listen on port ${port}.`, `Choose a port from 1024 up: ${setTo(8787)}.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return problem(
        'SLUICE_HOST',
        `This machine has no address ${host} to listen on.`,
        'Use 127.0.0.1 for this machine alone, 0.0.0.0 for every address of it, or one of its own addresses.',
      )
    default:
      return error
  }
}
