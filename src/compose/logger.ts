import { pino, stdSerializers } from 'pino'
import { SluiceError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'

/** Structured lines on standard error: standard output belongs to the command's own answer. */
export function createLogger(level: string): Logger {
  return pino(
    { level, serializers: { err }, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  )
}

/** A problem that was foreseen says in words what is wrong; where it arose is only of interest when it was not. */
function err(error: Error): object {
  if (!SluiceError.is(error) || error.code === 'internal') return stdSerializers.err(error)
  const { code, message, field, fix, facts, cause } = error
  return {
    code,
    message,
    ...(field !== undefined && { field }),
    ...(fix !== undefined && { fix }),
    ...facts,
    ...(cause instanceof Error && { cause: cause.message }),
  }
}
