import type { Kind } from './kinds.ts'

const files = import.meta.glob<string>('../../../../examples/*.txt', { query: '?raw', import: 'default', eager: true })

/** The texts of `examples/`: the one the README and the demo use first, then the longest. */
const texts = Object.entries(files)
  .map(([path, text]) => ({ first: path.endsWith('/news.txt'), text: text.trim() }))
  .sort((a, b) => Number(b.first) - Number(a.first) || b.text.length - a.text.length)
  .map(({ text }) => text)

const opening = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .slice(0, 2)
    .join('\n\n')

const examples: Record<Kind, string[]> = {
  presentation: texts,
  video: [
    'A lock on a canal at first light. The gate rises slowly, water runs through below it, and the mist on the surface begins to move.',
  ],
  speech: texts.map(opening),
  music: ['Calm and unhurried, around 84 beats a minute. Soft piano over warm strings, a quiet pulse underneath, no drums.'],
  sound: ['A heavy wooden gate closing, with a short echo.'],
}

/** The example to offer after `text`: the first, or the one after it when `text` is an example already. */
export function nextExample(kind: Kind, text: string): { text: string; another: boolean } | null {
  const all = examples[kind]
  const at = all.indexOf(text)
  const next = all[(at + 1) % Math.max(1, all.length)]
  return next === undefined || next === text ? null : { text: next, another: at >= 0 }
}
