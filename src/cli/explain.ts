import { ApiError, JobCancelledError, JobFailedError, TransportError } from '../client/index.ts'
import { SluiceError } from '../domain/errors.ts'

/**
 * An error as a person at a terminal wants it: what is wrong, and how to mend it; never a stack trace, unless
 * SLUICE_LOG=debug asks for one.
 */
export function explain(error: unknown): string {
  const { message, fix } = told(error)
  const words = `sluice: ${[...message.split('\n'), ...(fix ? [fix] : [])].join('\n  ')}`
  const stack = process.env['SLUICE_LOG'] === 'debug' && error instanceof Error ? error.stack : undefined
  return stack ? `${words}\n${stack}` : words
}

function told(error: unknown): { message: string; fix?: string | undefined } {
  if (SluiceError.is(error)) return { message: named(error.message, error.field), fix: error.fix }
  if (error instanceof ApiError && error.code === 'unauthorized') {
    return { message: error.message, fix: 'Set SLUICE_KEY to your key. `sluice keys create <name>` makes one.' }
  }
  if (error instanceof ApiError) return { message: named(error.message, error.problem.field), fix: error.problem.fix }
  if (error instanceof TransportError) {
    return { message: error.message, fix: 'Start the server with `sluice serve`, or name the address of a running one with --server.' }
  }
  if (error instanceof JobFailedError)
    return { message: `The job ${error.jobId} ${error.state}: ${error.message}`, fix: error.outcome?.fix }
  if (error instanceof JobCancelledError) return { message: `The job ${error.jobId} was cancelled.` }
  const message = error instanceof Error ? error.message : String(error)
  return { message, fix: 'This was not foreseen. `sluice doctor` looks for what is missing; SLUICE_LOG=debug shows more.' }
}

/** With the input at fault, unless the message names it already. */
function named(message: string, field: string | undefined): string {
  return field && !message.includes(field) ? `${message} (${field})` : message
}
