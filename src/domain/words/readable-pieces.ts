/** Two lines of about 42 characters: what a viewer reads at a glance. */
const MAX_CHARACTERS = 84

/** About equal pieces of at most {@link MAX_CHARACTERS}, broken after a comma or before a conjunction where one is near. */
export function readablePieces(sentence: string): string[] {
  const count = Math.ceil(sentence.length / MAX_CHARACTERS)
  if (count < 2) return [sentence]
  const target = sentence.length / count
  const gaps = [...sentence.matchAll(/\s+/g)].map(({ index }) => index)
  const cost = (gap: number): number => {
    const after = /[,;:–—)”"]$/.test(sentence.slice(0, gap)) ? -28 : 0
    const next = /^\s+(?:and|but|or|which|that|who|because|while|when|if|as|for|with|to)\b/.test(sentence.slice(gap)) ? -10 : 0
    return Math.abs(gap - target) + after + next
  }
  const fitting = gaps.filter((gap) => gap <= MAX_CHARACTERS && gap > 10)
  const best = fitting.sort((a, b) => cost(a) - cost(b))[0]
  if (best === undefined) return [sentence]
  return [sentence.slice(0, best), ...readablePieces(sentence.slice(best).trim())]
}
