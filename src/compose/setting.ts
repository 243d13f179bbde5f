import { availableParallelism } from 'node:os'
import { z } from 'zod'

/** One setting: its variable, its check, its default, what it means. The README lists the general ones, docs/providers.md those of providers. */
export interface Setting<S extends z.ZodType> {
  variable: string
  schema: S
  /** The default as a person reads it. */
  fallback: string
  meaning: string
}

export const setting = <S extends z.ZodType>(variable: string, fallback: string, meaning: string, schema: S): Setting<S> => ({
  variable,
  schema,
  fallback,
  meaning,
})
export const cores = availableParallelism()

export function wholeNumber(low: number, high: number, fallback: number) {
  return between(low, high).default(fallback)
}

export function optionalWholeNumber(low: number, high: number) {
  return between(low, high).optional()
}

function between(low: number, high: number) {
  const error = `must be a whole number from ${low} to ${high}`
  return z.coerce.number({ error }).int(error).min(low, error).max(high, error)
}

export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}` })
