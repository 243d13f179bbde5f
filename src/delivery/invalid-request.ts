import type { FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { SluiceError } from '../domain/errors.ts'

/** One offending input. `field` is a path such as `policy.deadlineSeconds`; empty for the whole body. */
export interface FieldError {
  field: string
  detail: string
}

/** All of them at once; the first names the problem's own `field`. */
export function invalidRequest(errors: FieldError[]): SluiceError {
  const [first] = errors
  const named = errors.map(({ field, detail }) => (field === '' ? detail : `${field}: ${detail}`))
  return new SluiceError('request_invalid', named.join(' '), {
    ...(first && first.field !== '' && { field: first.field }),
    fix:
      errors.length === 1
        ? 'Correct it; what is allowed stands beside it and in /openapi.json.'
        : `Correct all ${errors.length}; what is allowed stands beside each and in /openapi.json.`,
    facts: { errors },
  })
}

/** The part of a zod issue (https://zod.dev/error-customization) that is read here. */
interface Issue {
  code?: string
  path?: readonly PropertyKey[]
  message?: string
  keys?: readonly string[]
  values?: readonly unknown[]
  expected?: string
  minimum?: number | bigint
  maximum?: number | bigint
  origin?: string
  discriminator?: string
  options?: readonly unknown[]
  errors?: readonly (readonly Issue[])[]
}

/** Holds what was sent against its schema; everything wrong is named at once. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data) => {
    const parsed = schema.safeParse(data)
    return parsed.success
      ? { value: parsed.data }
      : { error: invalidRequest(parsed.error.issues.flatMap((issue) => describe(issue as Issue, schema, data))) }
  }

function describe(issue: Issue, schema?: z.ZodType, sent?: unknown): FieldError[] {
  const path = (issue.path ?? []).map(String)
  const field = path.join('.')
  switch (issue.code) {
    case 'unrecognized_keys': {
      const allowed = schema ? fieldsAt(schema, path, sent) : []
      const hint = allowed.length > 0 ? ` There are ${allowed.join(', ')}.` : ''
      return (issue.keys ?? []).map((key) => ({ field: [...path, key].join('.'), detail: `There is no such field here.${hint}` }))
    }
    case 'invalid_value':
      return [{ field, detail: `Must be ${oneOf(issue.values ?? [])}.` }]
    case 'invalid_union':
      if (issue.discriminator !== undefined)
        return [{ field, detail: issue.options ? `Must be ${oneOf(issue.options)}.` : 'There is no such kind.' }]
      return [
        {
          field,
          detail: `Must be ${listed((issue.errors ?? []).flatMap((errors) => errors.flatMap((inner) => describe(inner).map(({ detail }) => stripped(detail)))))}.`,
        },
      ]
    case 'invalid_type':
      return [{ field, detail: typeFault(field, issue) }]
    case 'too_small':
      return [{ field, detail: limit('at least', issue.minimum, issue.origin) }]
    case 'too_big':
      return [{ field, detail: limit('at most', issue.maximum, issue.origin) }]
    default:
      return [{ field, detail: sentence(issue.message ?? 'Is not valid.') }]
  }
}

/** The fields an object at `path` of what was sent may have. */
function fieldsAt(schema: z.ZodType, path: readonly string[], sent: unknown): string[] {
  const inner = unwrapped(schema, sent)
  if (!(inner instanceof z.ZodObject)) return []
  const [next, ...rest] = path
  if (next === undefined) return Object.keys(inner.shape)
  const member: unknown = inner.shape[next]
  return member instanceof z.ZodType ? fieldsAt(member, rest, (sent as Record<string, unknown> | null)?.[next]) : []
}

/** Without defaults and the like; of a union the member that what was sent belongs to. */
function unwrapped(schema: z.ZodType, sent: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrapped(schema.unwrap() as z.ZodType, sent)
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const { discriminator } = schema.def
  const kind = (sent as Record<string, unknown> | null)?.[discriminator]
  const options = schema.options as z.ZodType[]
  return (
    options.find((option) => option instanceof z.ZodObject && (option.shape[discriminator] as z.ZodType).safeParse(kind).success) ?? schema
  )
}

function typeFault(field: string, issue: Issue): string {
  if (field === '' && issue.expected === 'object') return 'The body must be a JSON object.'
  if (issue.message?.includes('received undefined')) return field === '' ? 'The body is empty; send a JSON object.' : 'Is missing.'
  if (issue.expected === 'int') return 'Must be a whole number.'
  return `Must be ${article(issue.expected ?? 'another type')}.`
}

function limit(bound: string, value: number | bigint | undefined, origin: string | undefined): string {
  if (origin === 'array') return `Must have ${bound} ${value} ${value === 1 ? 'entry' : 'entries'}.`
  return `Must be ${bound} ${value}${origin === 'string' ? ' characters long' : ''}.`
}

/** `a, b or c` */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
const oneOf = (values: readonly unknown[]): string =>
  `${values.length > 1 ? 'one of ' : ''}${listed(values.map((value) => JSON.stringify(value)))}`
const stripped = (detail: string): string => detail.replace(/^Must be /, '').replace(/\.$/, '')
const article = (type: string): string => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`)
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
