import { SluiceError } from '../../../domain/errors.ts'
import { readElevenLabsError } from '../../http/elevenlabs-error.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'

const FIELDS: Record<string, string> = { file: 'recording', model_id: 'model', language_code: 'language' }

/** A call that was refused: nothing is charged. The words decide before the status does: `quota_exceeded` stands under 401. */
export async function refusalOf(answer: Answer): Promise<SluiceError> {
  const { codes, message, param } = readElevenLabsError(await answer.text().catch(() => ''))
  const said = (...words: string[]) => codes.some((code) => words.some((word) => code.includes(word)))
  const detail = `ElevenLabs: ${message}`
  const { status } = answer
  if (status === 402 || said('quota_exceeded', 'insufficient_credits', 'insufficient_funds', 'payment', 'subscription'))
    return new SluiceError('provider_billing', detail, { fix: 'Top up the ElevenLabs account, or choose a plan that includes this.' })
  if (status === 429 || said('concurrent_limit_exceeded', 'too_many_concurrent_requests', 'rate_limit_exceeded', 'system_busy'))
    return throttled('ElevenLabs', answer)
  if (status === 410 || said('model_not_found', 'model_deprecated', 'model_does_not_exist', 'unsupported_model'))
    return new SluiceError('model_sunset', detail, { field: 'model', fix: 'Choose another model.' })
  if (status === 401 || status === 403)
    return new SluiceError('provider_key_invalid', detail, { fix: 'Check the ElevenLabs API key and what it may do.' })
  if (status < 400) return new SluiceError('provider_unavailable', `ElevenLabs cannot be reached: it redirects (${status}).`)
  if (status === 413) return new SluiceError('provider_cannot', detail, { field: 'sizeBytes', fix: 'Give a shorter recording.' })
  const field = FIELDS[param?.split('.').at(-1) ?? '']
  if (field === 'recording' || said('invalid_audio', 'invalid_content', 'corrupt', 'audio_too_short'))
    return new SluiceError('media_unreadable', detail, { retry: 'never', fix: 'Check that the recording can be played.' })
  return new SluiceError('provider_cannot', detail, {
    ...(field !== undefined && { field }),
    fix: 'Change what ElevenLabs names, or choose another provider.',
  })
}
