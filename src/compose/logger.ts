import { pino } from 'pino'
import type { Logger } from '../ports/logger.ts'

/** Structured lines on standard error: standard output belongs to the command's own answer. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
}
