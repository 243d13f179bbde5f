/** A request's fields, from JSON or a form, as text where a number was meant as well. */
export function fieldsOf(body: unknown): Record<string, unknown> {
  if (!(body instanceof FormData)) return typeof body === 'object' && body !== null ? { ...body } : {}
  return Object.fromEntries([...body.keys()].map((name) => [name, body.get(name)]))
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined

export function numberOf(value: unknown): number | undefined {
  const number = value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}
