/** Keeps the operator's keys out of what is written down. Some models put them into operations and addresses. */
export interface Seal {
  /** The value with a mark in place of each secret. Marks already in it stay what they are: prose. */
  seal<T>(value: T): T
  open<T>(value: T): T
}

export function createSeal(secrets: readonly string[]): Seal {
  const marks = secrets
    .flatMap((secret, index) => [
      { secret, mark: `{{sluice-secret-${index}}}` },
      { secret: encodeURIComponent(secret), mark: `{{sluice-secret-${index}-url}}` },
    ])
    .filter(({ secret }, index, all) => secret !== '' && all.findIndex((other) => other.secret === secret) === index)
    // A secret may be a part of another.
    .sort((a, b) => b.secret.length - a.secret.length)
  const seal = (text: string) => marks.reduce((sealed, { secret, mark }) => sealed.replaceAll(secret, mark), text)
  const open = (text: string) => marks.reduce((opened, { secret, mark }) => opened.replaceAll(mark, () => secret), text)
  return { seal: (value) => strings(value, seal) as typeof value, open: (value) => strings(value, open) as typeof value }
}

/** The same JSON with each string, names of members included, rewritten. */
function strings(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewrite(value)
  if (Array.isArray(value)) return value.map((item) => strings(item, rewrite))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rewrite(name), strings(item, rewrite)]))
}
