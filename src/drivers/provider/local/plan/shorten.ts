/** Words of a text as people count them. */
export function wordCount(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}

const OPENERS =
  /^(?:However|Meanwhile|Moreover|Furthermore|In addition|Additionally|Still|Yet|And|But|So|Also|Then|Indeed|In fact|Of course|For example|For instance|As a result|According to [^,]+),?\s+(?=\S)/
/** `, the grid operator said on Monday` or `," said the mayor`, at the end. */
const SAID =
  /,\s*["”’]?\s*(?:(?:[\p{L}'’-]+\s){0,6}?(?:said|says|told|added|adds|announced|reported)|according to)\b[^;]*(?=[.!?]?["”’]?$)/u

/**
 * A sentence without what a headline can do without: opening connectives, parentheses, who said it, and clauses from the end
 * until it has at most `maxWords`. Only whole clauses go: what is left reads as it was written. May stay longer.
 */
export function shorten(sentence: string, maxWords: number): string {
  let text = tidy(sentence)
  if (wordCount(text) > maxWords) text = capital(text.replace(OPENERS, ''))
  if (wordCount(text) > maxWords) text = text.replace(/\s*\([^)]*\)/g, '').replace(/\s+[–—]\s+[^–—]+\s+[–—]\s+/g, ' ')
  if (wordCount(text) > maxWords) text = unlessEmpty(withoutLoneQuote(text.replace(SAID, '')), text)
  if (wordCount(text) > maxWords) text = withoutClauses(text, maxWords)
  return tidy(text)
}

/** Cuts at the last joint that leaves at least four words and at most `maxWords`. */
function withoutClauses(text: string, maxWords: number): string {
  const joints = [
    ...text.matchAll(
      /;\s|:\s|\s[–—]\s|,\s(?=(?:which|while|because|although|after|before|when|where|as|with|and|but|so|up|down|compared|according|despite|if|since|who|enough|making|leaving|helped|driven|thanks)\b)|\s(?=(?:because|although|after|before|while|which|despite|since|whereas|so that)\b)/g,
    ),
  ]
  const cuts = joints.map(({ index }) => text.slice(0, index)).filter((left) => wordCount(left) >= 4 && balanced(left))
  const short = cuts.filter((left) => wordCount(left) <= maxWords).at(-1)
  return short ?? cuts[0] ?? text
}

/** Whether quotes and brackets that open also close. */
function balanced(text: string): boolean {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0
  return count(/[“«]/g) === count(/[”»]/g) && count(/"/g) % 2 === 0 && count(/\(/g) === count(/\)/g)
}

/** What opened a quotation whose end went with its speaker. */
const withoutLoneQuote = (text: string): string => (balanced(text) ? text : text.replace(/^[“"]/, ''))

/** Without outer quotes that hold the whole, and without a final full stop. */
function tidy(text: string): string {
  const trimmed = text.trim().replace(/\s+/g, ' ')
  const inner = /^[“"]([^“”"]+)[”"]$/.exec(trimmed)?.[1] ?? trimmed
  return inner.replace(/(?<!\.)[.,;:]+$/, '').trim()
}

const unlessEmpty = (text: string, otherwise: string): string => (wordCount(text) >= 3 ? text : otherwise)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
