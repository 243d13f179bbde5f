import { z } from 'zod'

/**
 * What Replicate answers, as far as it is used. Sources: `replicate` 1.4.0 (`index.d.ts`, `lib/*.js`) and Replicate's
 * documentation of predictions, webhooks, limits and output files. Lenient: what is not needed may be missing or wrong.
 */

const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined)

/** `output` is a string, a list, an object or null, as each model likes. */
export const prediction = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  model: maybe(z.string()),
  input: maybe(z.record(z.string(), z.unknown())),
  output: z.unknown().optional(),
  error: maybe(z.unknown()),
  logs: maybe(z.string()),
  data_removed: maybe(z.boolean()),
  created_at: maybe(z.string()),
  webhook: maybe(z.string()),
})
export type Prediction = z.infer<typeof prediction>

/** The newest first. */
export const page = z.looseObject({ results: z.array(z.unknown()), next: maybe(z.string()) })

export const secret = z.looseObject({ key: z.string().min(1) })

export const problem = z.looseObject({
  title: maybe(z.string()),
  detail: maybe(z.string()),
  invalid_fields: maybe(z.array(z.looseObject({ field: maybe(z.string()), description: maybe(z.string()) }))),
})
export type ReplicateProblem = z.infer<typeof problem>

const USUAL_NAMES = ['video', 'audio', 'output', 'file', 'url', 'uri']

/** The first address of a file in an output, those under the usual names first. */
export function fileOf(output: unknown): string | undefined {
  if (typeof output === 'string') return /^https?:\/\//.test(output) && URL.canParse(output) ? output : undefined
  if (typeof output !== 'object' || output === null) return undefined
  if (Array.isArray(output)) return firstOf(output)
  const named = output as Record<string, unknown>
  return firstOf([...USUAL_NAMES.map((name) => named[name]), ...Object.values(named)])
}

function firstOf(values: unknown[]): string | undefined {
  for (const value of values) {
    const found = fileOf(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** The last share a progress bar in the logs has shown, `null` where there is none. */
export function progressOf(logs: string | null | undefined): number | null {
  const percent = [...(logs ?? '').matchAll(/(\d{1,3})%\s*\|/g)].at(-1)?.[1]
  return percent === undefined ? null : Math.min(1, Number(percent) / 100)
}
