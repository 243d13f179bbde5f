import { SluiceError } from '../../../domain/errors.ts'

/** Beyond this a statement grows longer rather than cheaper by the row. */
const MOST_AT_ONCE = 64

/** Answers many asks in one go, in their order. An answer that takes longer than the others may be a promise: nobody else waits for it. */
export type Many<Ask, Answer> = (asks: Ask[]) => Promise<(Answer | Promise<Answer>)[]>

interface Waiting<Ask, Answer> {
  ask: Ask
  settle(answer: Answer | Promise<Answer>): void
  fail(error: unknown): void
}

/**
 * Gathers single asks into statements for many. What is asked for in one turn of the event loop goes together, and so does
 * what comes while a statement is under way: a busy process pays one round trip and one commit for many, an idle one waits
 * for nobody.
 */
export function gather<Ask, Answer>(many: Many<Ask, Answer>): (ask: Ask) => Promise<Answer> {
  let waiting: Waiting<Ask, Answer>[] = []
  let asking = false

  async function askAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE)
      waiting = waiting.slice(MOST_AT_ONCE)
      await settle(batch)
    }
    asking = false
  }

  /** One ask that cannot be answered must not take others with it: a batch that fails is asked one by one. */
  async function settle(batch: Waiting<Ask, Answer>[]): Promise<void> {
    try {
      const answers = await many(batch.map(({ ask }) => ask))
      for (const [index, { settle }] of batch.entries()) settle(answers[index] as Answer | Promise<Answer>)
    } catch (error) {
      const alone = batch.length === 1
      // A database that cannot be reached is nobody's fault, and asking it for each one would hold everybody up.
      if (alone || (SluiceError.is(error) && error.code === 'store_unavailable')) for (const { fail } of batch) fail(error)
      else for (const one of batch) await settle([one])
    }
  }

  return (ask) =>
    new Promise((settle, fail) => {
      waiting.push({ ask, settle, fail })
      if (asking) return
      asking = true
      process.nextTick(askAll)
    })
}
