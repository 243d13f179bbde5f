import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type { GenerateRequest } from '../../src/domain/generate.ts'
import type { Provider } from '../../src/ports/provider.ts'

const run = promisify(execFile)

/** FFmpeg's arguments between input and output that spoil a take; `undefined` leaves it as it is. */
export type Spoil = (request: GenerateRequest) => string[] | undefined

/**
 * A provider whose takes are made for real and then spoilt on the way, where the test wants it. A take counts once: what is ordered
 * again for the same part is asked about anew.
 */
export function spoilingProvider(real: Provider, folder: string, spoil: Spoil): Provider & { readonly orders: GenerateRequest[] } {
  const orders: GenerateRequest[] = []
  const spoilt = new Map<string, string[]>()
  const takeOf = (locator: string): string => locator.split('/')[0] ?? ''
  return {
    ...real,
    orders,
    start(request, context) {
      orders.push(request)
      const how = spoil(request)
      if (how) spoilt.set(context.takeId, how)
      return real.start(request, context)
    },
    async status(ref, context) {
      const status = await real.status(ref, context)
      if (status.state !== 'succeeded' || !spoilt.has(String(ref['takeId']))) return status
      const outputs = status.outputs.map(({ sizeBytes: _size, ...output }) => output)
      return { ...status, outputs }
    },
    async fetch(output, context) {
      const how = output.role === 'media' ? spoilt.get(takeOf(output.locator)) : undefined
      if (!how) return real.fetch(output, context)
      const name = output.locator.replaceAll('/', '-')
      const [made, path] = [join(folder, `made-${name}`), join(folder, name)]
      await pipeline(Readable.from((await real.fetch(output, context)).stream), createWriteStream(made))
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', made, ...how, path])
      return { stream: createReadStream(path), fromByte: 0, sizeBytes: (await stat(path)).size }
    },
  }
}
