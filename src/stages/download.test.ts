import { expect, test } from 'vitest'
import { SluiceError } from '../domain/errors.ts'
import type { TakeOutput } from '../domain/take.ts'
import type { Provider, TakeStatus } from '../ports/provider.ts'
import { download } from './download.ts'

const content = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251)
const told: TakeOutput = { role: 'media', mimeType: 'video/mp4', locator: 'first', sizeBytes: content.length }
const clock = { now: () => new Date(), sleep: async () => {} }

/** Serves what `serve` says for the address and the place; `status` gives a fresh address each time. */
function vendor(
  serve: (locator: string, fromByte: number) => { until?: number; from?: number } | 'expired' | 'unreachable',
  status?: TakeStatus,
) {
  const asked: { locator: string; fromByte: number }[] = []
  let addresses = 0
  const provider: Pick<Provider, 'fetch' | 'status'> = {
    async status() {
      addresses++
      return status ?? { state: 'succeeded', outputs: [{ ...told, locator: `fresh-${addresses}` }] }
    },
    async fetch({ locator }, { fromByte = 0 }) {
      asked.push({ locator, fromByte })
      const served = serve(locator, fromByte)
      if (served === 'expired') throw new SluiceError('file_not_found', 'expired')
      if (served === 'unreachable') throw new SluiceError('provider_unavailable', 'no connection')
      const from = served.from ?? fromByte
      async function* stream() {
        yield content.subarray(from, served instanceof Object ? (served.until ?? content.length) : 0)
        if (served instanceof Object && served.until !== undefined) throw new Error('the connection broke')
      }
      return { stream: stream(), fromByte: from, sizeBytes: content.length }
    },
  }
  return { provider, asked }
}

async function fetched(provider: Pick<Provider, 'fetch' | 'status'>, maxBytes = 10_000): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const options = { clock, signal: new AbortController().signal, maxBytes }
  for await (const chunk of download(provider, { id: 'x' }, 0, told, options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('goes on where the connection broke', async () => {
  const { provider, asked } = vendor((_, fromByte) => (fromByte < 900 ? { until: fromByte + 300 } : {}))
  expect(await fetched(provider)).toEqual(Buffer.from(content))
  expect(asked.map(({ fromByte }) => fromByte)).toEqual([0, 300, 600, 900])
})

test('drops what a server without ranges sends again', async () => {
  const { provider } = vendor((_, fromByte) => (fromByte === 0 ? { until: 400 } : { from: 0 }))
  expect(await fetched(provider)).toEqual(Buffer.from(content))
})

test('asks for a fresh address when the old one has expired', async () => {
  const { provider, asked } = vendor((locator) => (locator === 'first' ? 'expired' : {}))
  expect(await fetched(provider)).toEqual(Buffer.from(content))
  expect(asked.map(({ locator }) => locator)).toEqual(['first', 'fresh-1'])
})

test('an address that leads nowhere is tried again later; only the provider says that it is gone', async () => {
  await expect(fetched(vendor(() => 'expired').provider)).rejects.toMatchObject({ code: 'provider_unavailable', retry: 'same' })
  const gone: TakeStatus = { state: 'expired', outcome: { class: 'expired', detail: 'deleted', retry: 'reseed', charged: 'unknown' } }
  await expect(fetched(vendor(() => 'expired', gone).provider)).rejects.toMatchObject({ code: 'take_lost' })
})

test('a broken way is a fault that passes, whatever broke it', async () => {
  await expect(fetched(vendor(() => 'unreachable').provider)).rejects.toMatchObject({ code: 'provider_unavailable' })
  await expect(fetched(vendor((_, fromByte) => ({ until: fromByte })).provider)).rejects.toMatchObject({ code: 'provider_unavailable' })
})

test('stops at what is larger than allowed', async () => {
  await expect(fetched(vendor(() => ({})).provider, 999)).rejects.toMatchObject({ code: 'output_too_large' })
})
