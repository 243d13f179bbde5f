import { ApiError } from 'sluice/client'

/** A refused request, sorted by where it is shown. */
export interface RequestProblem {
  /** What to say at each field, by the field's path in the request (`text`, `policy.gate`). */
  fields: Record<string, string>
  /** What belongs to no field of the form. */
  general: { title: string; detail: string; fix: string | undefined } | null
}

const none: RequestProblem = { fields: {}, general: null }

/** Providers speak of the order they were given; the form has another name for these. */
const formField: Record<string, string> = { width: 'size', height: 'size' }

/** @param known the paths the form can show something at; the rest goes into `general`. */
export function requestProblem(error: Error | null, known: readonly string[]): RequestProblem {
  if (!error) return none
  if (!(error instanceof ApiError)) {
    return {
      fields: {},
      general: {
        title: 'The server did not answer',
        detail: error.message,
        fix: 'Check that it is running, then try again. Your text is kept.',
      },
    }
  }
  const { code, title, detail, field, errors } = error.problem
  // What the schema refuses says itself what it takes; the general advice points programmers to the API's description.
  const fix = code === 'request_invalid' ? undefined : error.problem.fix
  const named = errors ?? (field === undefined ? [] : [{ field, detail }])
  const fields: Record<string, string> = {}
  const rest: string[] = []
  for (const each of named) {
    const sent = each.field.replace(/^\//, '').replaceAll('/', '.')
    const path = formField[sent] ?? sent
    if (known.includes(path)) fields[path] ??= fix && named.length === 1 ? `${each.detail} ${fix}` : each.detail
    else rest.push(`${each.field}: ${each.detail}`)
  }
  const placed = Object.keys(fields).length > 0 && rest.length === 0
  return { fields, general: placed ? null : { title, detail: rest.length > 0 ? rest.join(' ') : detail, fix } }
}
