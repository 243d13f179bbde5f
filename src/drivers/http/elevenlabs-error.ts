import * as z from 'zod'

/** What is wrong, in whichever of its three bodies ElevenLabs says it. */
export interface ElevenLabsError {
  /** Its machine-readable words, e.g. `quota_exceeded`. Empty: none. */
  codes: string[]
  message: string
  /** The field of its own request. */
  param?: string
  /** A prompt it would take instead. */
  suggestion?: string
}

const Detail = z.looseObject({
  type: z.string().nullish(),
  code: z.string().nullish(),
  status: z.string().nullish(),
  message: z.string().nullish(),
  param: z.string().nullish(),
  data: z.looseObject({ prompt_suggestion: z.string().nullish() }).nullish(),
})
const Issues = z
  .array(z.looseObject({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string().nullish() }))
  .min(1)

/** `{detail: {type, code, message, status, param}}`, `{detail: {status, message}}`, `{detail: [{loc, msg, type}]}`, or plain text. */
export function readElevenLabsError(text: string): ElevenLabsError {
  const detail = detailOf(text)
  const issues = Issues.safeParse(detail)
  if (issues.success) {
    const param = issues.data[0]?.loc.findLast((part) => typeof part === 'string')
    const message = issues.data.map(({ loc, msg }) => `${loc.filter((part) => part !== 'body').join('.')}: ${msg}`).join('; ')
    return { codes: ['validation_error'], message, ...(typeof param === 'string' && { param }) }
  }
  const read = Detail.safeParse(detail)
  if (!read.success) return { codes: [], message: (typeof detail === 'string' ? detail : text).slice(0, 300) }
  const { code, status, type, message, param, data } = read.data
  return {
    codes: [code, status, type].filter((word) => typeof word === 'string' && word !== '') as string[],
    message: message ?? code ?? status ?? 'no reason was given',
    ...(param && { param }),
    ...(data?.prompt_suggestion && { suggestion: data.prompt_suggestion }),
  }
}

function detailOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { detail?: unknown } | null)?.detail
  } catch {
    return text
  }
}
