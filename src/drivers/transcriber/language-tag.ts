const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })
/** Whisper's names for languages that English dictionaries of today call otherwise. */
const WHISPERS: Record<string, string> = { haitian: 'ht', 'haitian creole': 'ht', myanmar: 'my', pashto: 'ps', tagalog: 'tl' }

let tags: Map<string, string> | undefined

/**
 * A language as vendors name it (`en-US`, `eng`, `english`), as a BCP 47 tag in its usual form. `null` for what cannot be told:
 * an unknown name, or `und`.
 */
export function languageTag(told: string | null | undefined): string | null {
  const word = told?.trim().toLowerCase() ?? ''
  if (/^[a-z]{2,3}([-_][a-z0-9]{2,8})*$/.test(word)) return canonical(word.replaceAll('_', '-'))
  tags ??= byName()
  const found = WHISPERS[word] ?? tags.get(word)
  return found === undefined ? null : canonical(found)
}

function canonical(tag: string): string | null {
  const [found] = Intl.getCanonicalLocales(tag)
  return found === undefined || found.startsWith('und') ? null : found
}

function byName(): Map<string, string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const codes = letters.flatMap((first) => letters.map((second) => first + second))
  return new Map(codes.flatMap((code) => (names.of(code) === undefined ? [] : [[String(names.of(code)).toLowerCase(), code] as const])))
}
