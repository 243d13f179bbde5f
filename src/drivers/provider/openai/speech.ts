import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { MicroUsd } from '../../../domain/money.ts'
import type { RemoteRef } from '../../../domain/take.ts'
import type { ModelFacts, StartContext } from '../../../ports/provider.ts'
import type { VendorApi } from '../../http/vendor-api.ts'
import { refusedOrder } from './errors.ts'
import { CUSTOM_VOICE, DEFAULT_VOICE, voices } from './models.ts'

/**
 * Speech comes with the answer and cannot be asked for again: it is kept as it arrives, and what breaks after the order was
 * taken leaves `submit_unknown`, because it was charged. No seed, no word times.
 */
export async function orderSpeech(
  api: VendorApi,
  request: Extract<GenerateRequest, { kind: 'speech' }>,
  { id: model }: ModelFacts,
  amountMicroUsd: MicroUsd,
  context: Pick<StartContext, 'signal' | 'keep'>,
): Promise<RemoteRef> {
  const { text } = request
  const voice = request.voice === DEFAULT_VOICE ? voices[0]?.id : request.voice
  const body = { model, input: text, voice: CUSTOM_VOICE.test(request.voice) ? { id: voice } : voice, response_format: 'wav' }
  const answer = await api.order('/audio/speech', { body, headers: { accept: 'audio/wav' }, signal: context.signal })
  if (answer.status >= 300) throw await refusedOrder('OpenAI', answer, 'text')
  const mimeType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim() || 'application/octet-stream'
  if (!mimeType.startsWith('audio/') && mimeType !== 'application/octet-stream') {
    const words = (await answer.text().catch(() => '')).slice(0, 200)
    throw doubt(`it answered with ${mimeType} instead of sound: ${words}`)
  }
  const output = await context
    .keep({ role: 'media', mimeType: mimeType.startsWith('audio/') ? mimeType : 'audio/wav' }, answer.stream)
    .catch((error: unknown) => {
      throw doubt(`the sound broke off: ${error instanceof Error ? error.message : String(error)}`, error)
    })
  if (output.sizeBytes === 0) throw doubt('it answered without a sound')
  return { kind: 'speech', outputs: [output], amountMicroUsd }
}

function doubt(why: string, cause?: unknown): SluiceError {
  return new SluiceError('submit_unknown', `OpenAI took the order and may have charged for it, but ${why}.`, { cause })
}
