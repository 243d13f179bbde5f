// Loaded before a program (`node --import`): its clock is ten minutes ahead.
const AHEAD_MS = 600_000
const Right = Date
const { now } = Date

globalThis.Date = class extends Right {
  constructor(...given) {
    if (given.length === 0) super(now() + AHEAD_MS)
    else super(...given)
  }
  static now() {
    return now() + AHEAD_MS
  }
}
