/** Words with letters the typeface does not have, each once. */
export function undrawableWords(text: string): string[] {
  const words = text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return [
    ...new Set(
      words.filter((word) =>
        /(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}])\p{L}/u.test(word),
      ),
    ),
  ]
}
