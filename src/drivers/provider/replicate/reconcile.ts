import { isDeepStrictEqual } from 'node:util'
import type { Intent } from '../../../ports/provider.ts'
import { type Prediction, page, prediction } from './api.ts'

/** Their clock and ours. */
const SKEW_MS = 60_000
/** An order cannot have come later than this after its intent. */
const WINDOW_MS = 15 * 60_000
const MOST_PAGES = 30

export interface Listed {
  intent: Intent
  model: string
  /** As the order was written. */
  input: Record<string, unknown>
  /** Asks for a page: the first without an address. */
  ask(address: string | undefined): Promise<unknown>
}

/**
 * Looks for an order in the list of all predictions: by the address for its webhook, which holds our take's id and comes back
 * with the prediction, else by model, input and time. `absent` only when the list reaches back far enough; `unknown` when two
 * fit, or when one might and its input is gone.
 */
export async function findPrediction({ intent, model, input, ask }: Listed): Promise<Prediction | 'absent' | 'unknown'> {
  const fromMs = intent.orderedAt.getTime() - SKEW_MS
  const untilMs = intent.orderedAt.getTime() + WINDOW_MS
  const alike: Prediction[] = []
  let unsure = false
  let address: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { results, next } = page.parse(await ask(address))
    for (const result of results) {
      const found = prediction.safeParse(result)
      const createdMs = found.success ? Date.parse(found.data.created_at ?? '') : Number.NaN
      if (!found.success || Number.isNaN(createdMs)) {
        unsure = true
        continue
      }
      if (createdMs < fromMs) return decided(alike, unsure)
      if (createdMs > untilMs) continue
      const fits = compare(found.data, { intent, model, input })
      if (fits === 'ours') return found.data
      if (fits === 'alike') alike.push(found.data)
      if (fits === 'unsure') unsure = true
    }
    if (next == null) return decided(alike, unsure)
    address = next
  }
  return 'unknown'
}

function decided(alike: Prediction[], unsure: boolean): Prediction | 'absent' | 'unknown' {
  const [only, ...others] = alike
  if (unsure || others.length > 0) return 'unknown'
  return only ?? 'absent'
}

function compare(
  found: Prediction,
  { intent, model, input }: Pick<Listed, 'intent' | 'model' | 'input'>,
): 'ours' | 'alike' | 'unsure' | 'other' {
  if (found.webhook != null) return found.webhook.includes(intent.takeId) ? 'ours' : 'other'
  if (found.model != null && found.model !== model) return 'other'
  if (found.data_removed === true || found.input == null) return 'unsure'
  // The model's defaults may have been added to what was sent.
  const same = Object.entries(input).every(([name, value]) => isDeepStrictEqual(found.input?.[name], value))
  return same ? 'alike' : 'other'
}
