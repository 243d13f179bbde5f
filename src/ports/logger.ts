/** The part of pino we use. `fields` carry `jobId`, `stepId`, `takeId` where there is one. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** Runs `work`; whatever it calls that writes to the log of the running step, without knowing it, writes to what `log` says then. */
export type LogScope = <T>(log: () => Logger, work: () => T) => T
