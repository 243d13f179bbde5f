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
    fix: errors.length === 1 ? 'Correct it; what is allowed stands beside it and in /openapi.json.' : `Correct all ${errors.length}; what is allowed stands beside each and in /openapi.json.`,
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

/** Turns the validator's findings into sentences that name the field and what is allowed there. */
export function describeIssues(findings: readonly { params?: unknown; instancePath?: string; message?: string }[], context: string): FieldError[] {
  return findings.flatMap((finding): FieldError[] => {
    const { issue } = (finding.params ?? {}) as { issue?: Issue }
    if (!issue) return [{ field: (finding.instancePath ?? '').slice(1).replaceAll('/', '.'), detail: finding.message ?? `The ${context} is not valid.` }]
    return describe(issue)
  })
}

function describe(issue: Issue, parent: readonly PropertyKey[] = []): FieldError[] {
  const path = [...parent, ...(issue.path ?? [])]
  const field = path.map(String).join('.')
  switch (issue.code) {
    case 'unrecognized_keys':
      return (issue.keys ?? []).map((key) => ({ field: field === '' ? key : `${field}.${key}`, detail: 'There is no such field here.' }))
    case 'invalid_value':
      return [{ field, detail: `Must be ${oneOf(issue.values ?? [])}.` }]
    case 'invalid_union':
      if (issue.discriminator !== undefined) return [{ field, detail: issue.options ? `Must be ${oneOf(issue.options)}.` : 'There is no such kind.' }]
      return [{ field, detail: `Must be ${listed((issue.errors ?? []).flatMap((errors) => errors.flatMap((inner) => describe(inner).map(({ detail }) => stripped(detail)))))}.` }]
    case 'invalid_type':
      return [{ field, detail: typeFault(field, issue) }]
    case 'too_small':
      return [{ field, detail: `Must be at least ${issue.minimum}${unit(issue.origin)}.` }]
    case 'too_big':
      return [{ field, detail: `Must be at most ${issue.maximum}${unit(issue.origin)}.` }]
    default:
      return [{ field, detail: sentence(issue.message ?? 'Is not valid.') }]
  }
}

function typeFault(field: string, issue: Issue): string {
  if (issue.message?.includes('received undefined')) return field === '' ? 'The body is empty; send a JSON object.' : 'Is missing.'
  if (issue.expected === 'int') return 'Must be a whole number.'
  return `Must be ${article(issue.expected ?? 'another type')}.`
}

function unit(origin: string | undefined): string {
  if (origin === 'string') return ' characters long'
  return origin === 'array' ? ' long' : ''
}

const listed = (words: readonly string[]): string => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`)
const oneOf = (values: readonly unknown[]): string => `${values.length > 1 ? 'one of ' : ''}${listed(values.map((value) => JSON.stringify(value)))}`
const stripped = (detail: string): string => detail.replace(/^Must be /, '').replace(/\.$/, '')
const article = (type: string): string => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`)
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
