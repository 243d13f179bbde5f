import type { StageDeps } from './deps.ts'

/** A small text from the object store. */
export async function textOf(deps: Pick<StageDeps, 'objects'>, key: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of (await deps.objects.get(key)).stream) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
