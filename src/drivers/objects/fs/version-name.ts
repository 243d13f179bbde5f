/**
 * An object is a folder named by its key; in it lies one file, whose name carries all that is known of the content:
 * `@<generation>@<sha256>@<MIME type, URI-encoded>`. So one rename publishes content and description together, and
 * nothing can be half there. `@` is no character of a key, so `a` and `a/b` may both be objects.
 */
export interface Version {
  /** Grows by one with each put; the highest present is the object, lower ones are about to be removed. */
  generation: number
  /** Lower-case hexadecimal. */
  sha256: string
  mimeType: string
}

const GENERATION_DIGITS = 10

export function formatVersionName({ generation, sha256, mimeType }: Version): string {
  return `@${String(generation).padStart(GENERATION_DIGITS, '0')}@${sha256}@${encodeURIComponent(mimeType)}`
}

/** `undefined` for a name that is not a version's. */
export function parseVersionName(name: string): Version | undefined {
  const [, generation, sha256, mimeType] = /^@(\d{10})@([0-9a-f]{64})@(.+)$/.exec(name) ?? []
  if (generation === undefined || sha256 === undefined || mimeType === undefined) return undefined
  return { generation: Number(generation), sha256, mimeType: decodeURIComponent(mimeType) }
}
