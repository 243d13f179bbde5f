/** Abbreviations after which a full stop does not end a sentence. */
const abbreviations = new Set(
  'mr mrs ms dr prof st sr jr vs etc no inc ltd co corp gen gov sen rep rev hon col lt sgt capt approx dept est fig vol jan feb mar apr jun jul aug sep sept oct nov dec e.g i.e u.s u.k u.n a.m p.m'.split(
    ' ',
  ),
)

/**
 * Sentences of plain text, in order, trimmed. A line break ends one when a blank line follows or when the line has no end
 * mark and is short (a heading, a list item). Decimals, abbreviations, initials and closing quotes do not end one too early.
 */
export function sentencesOf(text: string): string[] {
  return paragraphsOf(text).flatMap(splitParagraph)
}

/** Blocks of text with inner line breaks joined. */
export function paragraphsOf(text: string): string[] {
  const blocks: string[] = []
  for (const block of withoutMarkup(text.replace(/\r\n?/g, '\n')).split(/\n\s*\n/)) {
    let current = ''
    for (const raw of block.split('\n')) {
      const item = /^\s*(?:[-*•–]|\d{1,2}[.)])\s+/.test(raw)
      const line = raw
        .replace(/^\s*(?:#{1,6}|[-*•–>]|\d{1,2}[.)])\s+/, '')
        .replace(/\s+/g, ' ')
        .trim()
      if (line === '') continue
      const heading = current !== '' && !/[.!?:;,]["'”’)]?$/.test(current) && current.length < 70 && /^["'“‘(]?\p{Lu}/u.test(line)
      if (item || heading) {
        if (current !== '') blocks.push(current)
        current = line
      } else current = current === '' ? line : `${current} ${line}`
    }
    if (current !== '') blocks.push(current)
  }
  return blocks
}

/** Emphasis, code ticks and links of Markdown are not for the ear. */
function withoutMarkup(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\w*])[*_](?=\S)([^*_\n]+?)(?<=\S)[*_](?![\w*])/g, '$1')
}

function splitParagraph(paragraph: string): string[] {
  const sentences: string[] = []
  let from = 0
  for (const match of paragraph.matchAll(/[.!?…]+["'”’»)\]]*(?=\s|$)|[。！？]+[」』”）]*/g)) {
    const end = match.index + match[0].length
    if (!endsHere(paragraph.slice(from, end), match[0], paragraph.slice(end).trimStart())) continue
    sentences.push(paragraph.slice(from, end).trim())
    from = end
  }
  const rest = paragraph.slice(from).trim()
  if (rest !== '') sentences.push(rest)
  return sentences
}

function endsHere(sentence: string, mark: string, next: string): boolean {
  if (next === '') return true
  if (/^[。！？]/.test(mark)) return true
  // A sentence begins with a capital, a figure or an opening quote.
  if (!/^["'“‘«(]?[\p{Lu}\p{N}\p{Lo}$€£]/u.test(next)) return false
  if (!mark.startsWith('.') || mark.startsWith('..')) return true
  const word = (/(\S+?)[.]+["'”’»)\]]*$/.exec(sentence)?.[1] ?? '').replace(/^["'“‘(]+/, '')
  if (/^\p{Lu}$/u.test(word)) return false
  return (
    !abbreviations.has(word.toLowerCase()) ||
    (/^(?:u\.s|u\.k|u\.n|a\.m|p\.m|etc|inc|ltd|co|corp)$/i.test(word) && /^["'“‘(]?\p{Lu}/u.test(next))
  )
}
