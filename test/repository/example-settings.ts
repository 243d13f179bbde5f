import { readFileSync } from 'node:fs'

/**
 * What an example of an environment file sets: first as it is, then once more for each paragraph with lines to be
 * uncommented (`#NAME=value`), with these.
 */
export function exampleSettings(path: string): Record<string, string>[] {
  const text = readFileSync(path, 'utf8')
  const paragraphs = text.split('\n\n').filter((paragraph) => /^#[A-Z]/m.test(paragraph))
  return [text, ...paragraphs.map((paragraph) => `${text}\n${paragraph.replaceAll(/^#(?=[A-Z])/gm, '')}`)].map(variablesOf)
}

function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}
