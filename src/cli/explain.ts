import { SluiceError } from '../domain/errors.ts'

/** An error as a person at a terminal wants it: what, where, how to mend it. */
export function explain(error: unknown): string {
  if (SluiceError.is(error)) {
    const where = error.field ? ` (${error.field})` : ''
    return [`sluice: ${error.message}${where}`, ...(error.fix ? [`  ${error.fix}`] : [])].join('\n')
  }
  if (error instanceof Error && 'fix' in error && typeof error.fix === 'string') return `sluice: ${error.message}\n  ${error.fix}`
  return `sluice: ${error instanceof Error ? (process.env['SLUICE_LOG'] === 'debug' ? error.stack : error.message) : String(error)}`
}
