/**
 * JSON with a video inside, as base64 in strings under one member name, read while it arrives: a video of any length never is
 * in memory as a whole. A member name cannot be mistaken for prose, because quotes inside strings are escaped.
 */

type Piece = { json: string } | { index: number; base64: string }

const MAX_JSON_CHARACTERS = 16 * 2 ** 20
/** White space between name and value. */
const MAX_GAP = 64

/** Splits the text into JSON, with `"@<index>"` in place of each such string, and those strings' characters. */
async function* split(stream: AsyncIterable<Uint8Array>, member: string): AsyncGenerator<Piece> {
  const decoder = new TextDecoder()
  const opening = new RegExp(`"${member}"\\s*:\\s*"`)
  const keep = member.length + MAX_GAP
  let rest = ''
  let index = -1
  let inside = false
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true })
    for (;;) {
      if (inside) {
        const end = rest.indexOf('"')
        const cut = end >= 0 ? end : withoutHalfEscape(rest)
        yield { index, base64: unescaped(rest.slice(0, cut)) }
        rest = rest.slice(cut)
        if (end < 0) break
        inside = false
      } else {
        const found = opening.exec(rest)
        if (found === null) {
          const cut = Math.max(0, rest.length - keep)
          yield { json: rest.slice(0, cut) }
          rest = rest.slice(cut)
          break
        }
        index++
        inside = true
        const end = found.index + found[0].length
        yield { json: `${rest.slice(0, end)}@${index}` }
        rest = rest.slice(end)
      }
    }
  }
  yield inside ? { index, base64: unescaped(rest) } : { json: rest }
}

/** How much of the text can be read before more has come: `\u003d` may be cut in two by the end of a chunk. */
function withoutHalfEscape(text: string): number {
  const slash = text.lastIndexOf('\\')
  return slash >= 0 && slash > text.length - 6 ? slash : text.length
}

/** `=` and `/` are the only characters of base64 that JSON writers escape. */
const unescaped = (text: string): string => (text.includes('\\') ? text.replaceAll(/\\u003d/gi, '=').replaceAll('\\', '') : text)

/** The JSON without its videos: each string is `@<index>`; `sizes` are theirs in bytes. Throws for what is not JSON. */
export async function readOutline(stream: AsyncIterable<Uint8Array>, member: string): Promise<{ json: unknown; sizes: number[] }> {
  let text = ''
  const characters: number[] = []
  for await (const piece of split(stream, member)) {
    if ('json' in piece) {
      text += piece.json
      if (text.length > MAX_JSON_CHARACTERS) throw new Error(`the answer has more than ${MAX_JSON_CHARACTERS} characters`)
    } else {
      const padding = piece.base64.length - piece.base64.replaceAll('=', '').length
      characters[piece.index] = (characters[piece.index] ?? 0) + piece.base64.length - padding
    }
  }
  return { json: JSON.parse(text), sizes: characters.map((count) => Math.floor((count * 3) / 4)) }
}

/** The bytes of the string `@<index>`. Throws when there is none. */
export async function* readInline(stream: AsyncIterable<Uint8Array>, member: string, index: number): AsyncGenerator<Uint8Array> {
  let rest = ''
  let found = false
  for await (const piece of split(stream, member)) {
    if ('json' in piece || piece.index !== index) continue
    found = true
    rest += piece.base64
    const whole = rest.length - (rest.length % 4)
    if (whole > 0) yield Buffer.from(rest.slice(0, whole), 'base64')
    rest = rest.slice(whole)
  }
  if (!found) throw new Error(`the answer has no video ${index}`)
  if (rest !== '') yield Buffer.from(rest, 'base64')
}

/** The index behind a string of an outline. */
export function inlineIndex(text: string | undefined): number | undefined {
  const match = /^@(\d+)$/.exec(text ?? '')
  return match ? Number(match[1]) : undefined
}
