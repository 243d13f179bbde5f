import { figuresIn } from './figures.ts'
import { enumeration } from './scenes.ts'

const stopWords = new Set(
  "a an the and or but if then else of in on at by for from to with without into onto over under about after before since until while during through between against as is are was were be been being am do does did done have has had having will would shall should can could may might must not no nor so than that this these those there here it its it's he she they them their his her him we us our you your i me my who whom whose which what when where why how all any both each few more most other some such only own same too very just also now even still yet said says say new one two first last many much".split(
    ' ',
  ),
)

function contentWords(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [])
    .filter((word) => word.length > 2 && !stopWords.has(word))
    .map(stem)
}

/** How much each sentence tells, 0 to about 3: frequent words of the text, its place, its figures. */
export function scoresOf(sentences: string[], headline: string): number[] {
  const frequency = new Map<string, number>()
  for (const word of sentences.flatMap(contentWords)) frequency.set(word, (frequency.get(word) ?? 0) + 1)
  const ofHeadline = new Set(contentWords(headline))
  const most = Math.max(1, ...frequency.values())
  return sentences.map((sentence, index) => {
    const words = [...new Set(contentWords(sentence))]
    const weight = words.reduce((sum, word) => sum + Math.sqrt((frequency.get(word) ?? 0) / most) + (ofHeadline.has(word) ? 0.4 : 0), 0)
    const topical = weight / Math.max(4, words.length)
    const place = 0.4 * Math.exp(-index / 3) + (index === sentences.length - 1 ? 0.4 : 0)
    const figures = Math.min(0.8, 0.4 * figuresIn(sentence).length) + (enumeration(sentence) === undefined ? 0 : 0.6)
    // What the headline has said already need not be said again.
    const known = words.filter((word) => ofHeadline.has(word)).length / Math.max(1, words.length)
    return Math.max(0.05, topical + place + figures - hanging(sentence) - 0.8 * Math.max(0, known - 0.3))
  })
}

/** Sentences that lean on the one before, ask, or are fragments tell less by themselves. */
function hanging(sentence: string): number {
  let minus = 0
  if (/^["“]?(?:He|She|They|It|This|That|These|Those|His|Her|Their|But|And|So|Yet|However|Still)\b/.test(sentence)) minus += 0.25
  if (/\?["”’]?$/.test(sentence)) minus += 0.2
  if (sentence.split(/\s+/).length < 4) minus += 0.3
  return minus
}

const stem = (word: string): string => word.replace(/['’]s$/, '').replace(/(?<=\p{L}{4})(?:ies|es|s)$/u, '')
