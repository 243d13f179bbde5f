import { createHash } from 'node:crypto'

/** What can be made to go wrong, and what it looks like from outside. */
export const DIALS = {
  'lost-reply': 'the order is taken and charged, then the connection is cut before the answer',
  'reset-before': 'the connection is cut before anything is taken',
  'server-error': 'the order is answered with a 5xx, nothing is taken',
  throttle: 'the order is answered with 429 and Retry-After',
  'throttle-bare': 'the order is answered with 429 without Retry-After',
  'poll-error': 'a question for status is answered with 503',
  slow: 'answers and downloads trickle',
  hold: 'the account is at its limit: the work waits longer in the queue (Runway: THROTTLED)',
  zombie: 'progress stops for ever',
  'refuse-input': 'the prompt is refused',
  'refuse-output': 'the result is refused after it was rendered',
  fail: 'the work fails half way',
  'truncated-body': 'the first download breaks in the middle',
  'wrong-length': 'the first download declares more bytes than there are',
  'wrong-type': 'the output is served as text/html',
  'expiring-url': 'the first address of each output is dead; asking for status again gives a fresh one',
  'webhook-double': 'each webhook is delivered twice',
  'webhook-late': 'webhooks come a minute of lab time late',
  'webhook-forged': 'a webhook with a wrong signature comes before the true one',
  'webhook-stale': 'a webhook with a valid signature of yesterday comes before the true one',
  'webhook-never': 'no webhook comes',
  'webhook-early': 'the webhook of the end comes before the answer to the order',
  sunset: 'the model is gone',
  'partial-result': 'half of what was ordered: the last of several outputs is missing, or a single one is half as long',
  'cut-inside': 'an unordered cut inside the clip',
  'skipped-sentence': 'speech leaves a sentence out',
  oversize: 'the output claims to have 30 GB and never ends',
  restart: 'the vendor forgets the work once it runs',
} as const

export type Dial = keyof typeof DIALS

/** A rate of 0 to 1 for each dial that is not at rest. */
export type DialRates = Partial<Record<Dial, number>>

/**
 * The first three as they were seen in the field (issue threads of 2025 and 2026, small samples: orders of magnitude). Of the others
 * it is known that they happen, not how often: a few in a hundred.
 */
export const CHAOS: DialRates = {
  'truncated-body': 0.33,
  'partial-result': 0.13,
  'cut-inside': 0.0375,
  'refuse-output': 0.01,
  'skipped-sentence': 0.05,
  'webhook-never': 0.05,
  'webhook-double': 0.05,
  'webhook-late': 0.05,
  'lost-reply': 0.02,
  'server-error': 0.02,
  throttle: 0.05,
  'poll-error': 0.02,
  zombie: 0.01,
  fail: 0.02,
}

/** Faults of the way there: a marker in the prompt strikes the first time this prompt is ordered only, so that another try can succeed. */
const ONCE = new Set<Dial>(['lost-reply', 'reset-before', 'server-error', 'throttle', 'throttle-bare'])

/** What strikes one order. */
export interface Faults {
  has(dial: Dial): boolean
  /** What follows the `=` of its marker, e.g. a vendor's own failure code: `[lab:fail=INTERNAL.BAD_OUTPUT]`. */
  detail(dial: Dial): string | undefined
  readonly names: readonly Dial[]
}

export interface Dials {
  get(): DialRates
  /** Sets the rates named and leaves the others; 0 puts a dial to rest. Throws a RangeError for unknown names and rates outside 0 to 1. */
  set(rates: Record<string, number | boolean>): void
  /** All at rest. */
  reset(): void
  /** What strikes the next order with this prompt: the same for the same seed, vendor, prompt and how often it was ordered before. */
  draw(vendor: string, prompt: string): Faults
  /** Whether a fault strikes something that has no prompt, e.g. the `nth` question for status. */
  strikes(dial: Dial, key: string): boolean
}

export function createDials({ seed, rates = {} }: { seed: number; rates?: DialRates }): Dials {
  let current: DialRates = { ...rates }
  const seen = new Map<string, number>()

  const strikes = (dial: Dial, key: string): boolean => {
    const rate = current[dial] ?? 0
    return rate > 0 && fraction(`${seed}:${dial}:${key}`) < rate
  }

  return {
    get: () => ({ ...current }),
    set(given) {
      const next = { ...current }
      for (const [name, value] of Object.entries(given)) {
        if (!isDial(name)) throw new RangeError(`There is no dial "${name}". Dials: ${Object.keys(DIALS).join(', ')}.`)
        const rate = Number(value)
        if (!(rate >= 0 && rate <= 1)) throw new RangeError(`Dial "${name}" takes a rate from 0 to 1.`)
        if (rate === 0) delete next[name]
        else next[name] = rate
      }
      current = next
    },
    reset() {
      current = {}
    },
    draw(vendor, prompt) {
      const key = `${vendor}:${prompt}`
      const nth = seen.get(key) ?? 0
      seen.set(key, nth + 1)
      const marked = markersOf(prompt)
      const names = (Object.keys(DIALS) as Dial[]).filter((dial) => {
        const detail = marked.get(dial)
        if (detail !== undefined && (!ONCE.has(dial) || nth < (Number(detail) || 1))) return true
        // By rate it strikes questions, each on its own.
        return dial !== 'poll-error' && strikes(dial, `${key}:${nth}`)
      })
      return { names, has: (dial) => names.includes(dial), detail: (dial) => marked.get(dial) || undefined }
    },
    strikes,
  }
}

/** `[lab:zombie]`, `[lab:throttle=3]`: the first three times, `[lab:fail=SOME.CODE]`. Unknown names are prose. */
function markersOf(prompt: string): Map<Dial, string> {
  const found = new Map<Dial, string>()
  for (const [, name = '', detail = ''] of prompt.matchAll(/\[lab:([a-z-]+)(?:=([^\]]+))?\]/g)) if (isDial(name)) found.set(name, detail)
  return found
}

/** The prompt as a model would see it. */
export const withoutMarkers = (prompt: string): string => prompt.replaceAll(/\s*\[lab:[a-z-]+(?:=[^\]]+)?\]/g, '').trim()

const isDial = (name: string): name is Dial => Object.hasOwn(DIALS, name)

/** 0 to 1, the same for the same text. */
const fraction = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32
