import type { TakeId } from '../domain/ids.ts'
import type { TakeOutput } from '../domain/take.ts'
import type { StartContext } from '../ports/provider.ts'

export interface KeptOutput extends TakeOutput {
  bytes: Uint8Array
}

/** What an order is sent with. What the provider keeps is found in `kept`. */
export function orderContext(
  takeId: string,
  options: Partial<Omit<StartContext, 'takeId' | 'keep'>> = {},
): StartContext & { kept: KeptOutput[] } {
  const kept: KeptOutput[] = []
  return {
    signal: new AbortController().signal,
    rank: 0,
    hint: () => {},
    ...options,
    takeId: takeId as TakeId,
    kept,
    async keep({ role, mimeType }, bytes) {
      const chunks: Uint8Array[] = []
      for await (const chunk of bytes) chunks.push(chunk)
      const whole = Buffer.concat(chunks)
      const output: TakeOutput = { role, mimeType, locator: `kept:${kept.length}`, sizeBytes: whole.length }
      kept.push({ ...output, bytes: whole })
      return output
    },
  }
}
