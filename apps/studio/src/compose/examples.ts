import type { Kind } from './kinds.ts'

const texts = import.meta.glob<string>('../../../../examples/*.txt', { query: '?raw', import: 'default', eager: true })

/** The news text that the README and `npm run demo` use: the first text of `examples/`. */
const news = Object.entries(texts)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([, text]) => text.trim())[0]

export const examples: Record<Kind, string | undefined> = {
  presentation: news,
  video:
    'A lock on a canal at first light. The gate rises slowly, water runs through below it, and the mist on the surface begins to move.',
  speech: news
    ?.split(/\n\s*\n/)
    .slice(0, 2)
    .join('\n\n'),
  music: 'Calm and unhurried, around 84 beats a minute. Soft piano over warm strings, a quiet pulse underneath, no drums.',
  sound: 'A heavy wooden gate closing, with a short echo.',
}
