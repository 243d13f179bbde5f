/** A query string with its question mark; empty without anything to ask. */
export function search(query: object): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) params.append(name, String(one))
  return params.size > 0 ? `?${params}` : ''
}
