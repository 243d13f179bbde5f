import { AsyncLocalStorage } from 'node:async_hooks'
import type { Logger, LogScope } from '../ports/logger.ts'

export interface ScopedLog {
  within: LogScope
  /**
   * Writes to the log of the step that runs now, else to the log of the process. For parts that work for a step and do not know it. What lives
   * longer than a step - connections, threads - must have the process's own: its lines would name the step that happened to open it.
   */
  log: Logger
}

export function createLogScope(log: Logger): ScopedLog {
  const running = new AsyncLocalStorage<() => Logger>()
  const now = () => running.getStore()?.() ?? log
  return {
    within: (stepLog, work) => running.run(stepLog, work),
    log: {
      debug: (fields, message) => now().debug(fields, message),
      info: (fields, message) => now().info(fields, message),
      warn: (fields, message) => now().warn(fields, message),
      error: (fields, message) => now().error(fields, message),
      child: (fields) => now().child(fields),
    },
  }
}
