import * as z from 'zod'
import { SluiceError } from '../../domain/errors.ts'
import { type Answer, throttled } from './vendor-api.ts'

export const MODERATION = /moderat|content.?policy|safety/i
/** The last two are LiteLLM's, for a key or team that has spent its budget: with 400 or 429, by version. */
export const BILLING = /insufficient_quota|billing|exceeded your current quota|credit balance|budget_exceeded|budget has been exceeded/i

const failure = z.looseObject({
  /** A string, a number of vLLM-Omni's, or absent (SGLang). */
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  message: z.string().nullish().catch(null),
  param: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
})

/** OpenAI's `{error}`, or FastAPI's `{detail}` in words or as a list. */
const refusal = z.looseObject({
  error: z
    .union([z.string().transform((message) => ({ message, code: null, param: null, type: null })), failure])
    .nullish()
    .catch(null),
  detail: z
    .union([z.string(), z.array(z.looseObject({ loc: z.array(z.union([z.string(), z.number()])).catch([]), msg: z.string().catch('') }))])
    .nullish()
    .catch(null),
})

export interface OpenAiError {
  words: string
  /** `code` and `type`, or empty. */
  code: string
  /** The member of the request it is about. */
  param: string | undefined
}

/** What a server with OpenAI's shapes says is wrong. */
export async function readOpenAiError(answer: Answer): Promise<OpenAiError> {
  const text = await answer.text().catch(() => '')
  const parsed = refusal.safeParse(jsonOf(text))
  const { error, detail } = parsed.success ? parsed.data : {}
  if (error) {
    const words = error.message || `it answered ${answer.status}`
    return { words, code: `${error.code ?? ''} ${error.type ?? ''}`.trim(), param: error.param ?? undefined }
  }
  if (Array.isArray(detail)) {
    const [first] = detail
    return { words: first?.msg ?? '', code: '', param: String(first?.loc.at(-1)) }
  }
  const words = detail || text.slice(0, 300) || `it answered ${answer.status}`
  // In words alone, the member is quoted at most.
  return { words, code: '', param: /'(\w+)'/.exec(words)?.[1] }
}

/**
 * A call that was refused: nothing is charged. `fields`: members of the vendor's requests as ours are called. `disliked`: the one
 * that holds what the vendor may refuse for what it says, and what to do then.
 */
export async function openAiRefusal(
  vendor: string,
  answer: Answer,
  { fields, disliked }: { fields: Readonly<Record<string, string>>; disliked?: { field: string; fix: string } },
): Promise<SluiceError> {
  const { words, code, param } = await readOpenAiError(answer)
  const field = param === undefined ? undefined : fields[param]
  const detail = `${vendor} refused the order: ${words}`
  // Being out of money is told with a 429 as well.
  if (answer.status === 402 || BILLING.test(`${code} ${words}`))
    return new SluiceError('provider_billing', detail, { fix: `Pay what ${vendor} asks for, or choose another provider.` })
  if (answer.status === 429) return throttled(vendor, answer)
  if (disliked !== undefined && MODERATION.test(`${code} ${words}`))
    return new SluiceError('input_refused', detail, { field: field ?? disliked.field, fix: disliked.fix })
  if (answer.status === 401 || answer.status === 403) return keyRefused(vendor, words)
  if (answer.status === 404 || answer.status === 410 || /model_not_found|deprecated/i.test(code))
    return new SluiceError('model_sunset', detail, { field: 'model', fix: 'Choose another model or another provider.' })
  if (answer.status < 400) return new SluiceError('provider_unavailable', `${vendor} cannot be reached: it redirects (${answer.status}).`)
  return new SluiceError('provider_cannot', detail, {
    ...(field !== undefined && { field }),
    fix: `Change the order as ${vendor} says, or choose another provider.`,
  })
}

export function keyRefused(vendor: string, words: string): SluiceError {
  return new SluiceError('provider_key_invalid', `${vendor} does not accept the key: ${words}`, { fix: `Set a valid key of ${vendor}.` })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
