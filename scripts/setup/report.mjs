/** One line about the set-up, on stderr so that a task's stdout stays its own. @param {string} line */
export function say(line) {
  process.stderr.write(`sluice: ${line}\n`)
}

/** The set-up cannot go on; `fix` is what the reader can type or do. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} [fix]
   */
  constructor(message, fix = '') {
    super(message)
    this.name = 'SetupError'
    this.fix = fix
  }
}
