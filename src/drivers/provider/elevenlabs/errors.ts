import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateKind } from '../../../domain/generate.ts'
import type { Outcome } from '../../../domain/outcome.ts'
import type { TakeStatus } from '../../../ports/provider.ts'
import { type ElevenLabsError, readElevenLabsError } from '../../http/elevenlabs-error.ts'
import { type Answer, throttled } from '../../http/vendor-api.ts'
import type { Flow } from './api.ts'

/** Their fields in our words. */
const FIELDS: Record<string, string> = {
  text: 'text',
  prompt: 'prompt',
  model_id: 'model',
  voice_id: 'voice',
  seed: 'seed',
  duration_seconds: 'durationSeconds',
  duration_secs: 'durationSeconds',
  music_length_ms: 'durationSeconds',
  aspect_ratio: 'width',
  resolution: 'width',
  start_frame: 'imageUrl',
}

/**
 * What a refused call means. The words decide before the status does: ElevenLabs says `quota_exceeded` under 401, and the
 * older of its codes stand under several.
 */
export async function refusalOf(answer: Answer, kind: GenerateKind): Promise<SluiceError> {
  const error = readElevenLabsError(await answer.text().catch(() => ''))
  const said = (...words: string[]) => error.codes.some((code) => words.some((word) => code.includes(word)))
  const { status } = answer

  if (status === 402 || said('quota_exceeded', 'insufficient_credits', 'insufficient_funds', 'payment', 'subscription', 'charging_failed'))
    return as('provider_billing', error, { fix: 'Top up the ElevenLabs account, or choose a plan that includes this.' })
  // A conflict is one with what is being made: nothing was taken, and later it may go.
  if (
    status === 429 ||
    status === 409 ||
    said('concurrent_limit_exceeded', 'too_many_concurrent_requests', 'rate_limit_exceeded', 'system_busy')
  )
    return throttled('ElevenLabs', answer)
  if (said('bad_prompt', 'bad_composition_plan', 'moderat', 'policy', 'prohibited', 'blocked_content'))
    return as('input_refused', error, {
      field: kind === 'speech' ? 'text' : 'prompt',
      fix: error.suggestion === undefined ? 'Say it in other words.' : `Say it in other words, for example: ${error.suggestion}`,
    })
  if (said('voice_not_found', 'voice_does_not_exist'))
    return as('provider_cannot', error, { field: 'voice', fix: 'Use the id of a voice in the account of this key.' })
  if (status === 410 || said('model_not_found', 'model_deprecated', 'model_does_not_exist', 'unsupported_model'))
    return as('model_sunset', error, { field: 'model', fix: 'Choose another model.' })
  if (status === 401 || status === 403)
    return as('provider_key_invalid', error, { fix: 'Check the ElevenLabs API key and what it may do.' })
  const field = error.param === undefined ? undefined : FIELDS[error.param.split('.').at(-1) ?? '']
  return as('provider_cannot', error, {
    ...(said('max_character_limit') ? { field: 'text' } : field !== undefined && { field }),
    fix: 'Change the order as ElevenLabs says.',
  })
}

function as(
  code: 'provider_billing' | 'provider_key_invalid' | 'provider_cannot' | 'input_refused' | 'model_sunset',
  { message }: ElevenLabsError,
  more: { fix: string; field?: string },
): SluiceError {
  return new SluiceError(code, `ElevenLabs: ${message}`, more)
}

/** Of a job that failed. Failed jobs are not charged. */
export function failureOf({ failure_reason, error_message }: Flow): Outcome {
  const detail = `ElevenLabs: ${error_message || failure_reason || 'no reason was given'}`
  switch (failure_reason) {
    case 'moderated':
      // It is not told whether the prompt or the picture was refused; another wording is the way out of both.
      return { class: 'refused_output', code: 'output_refused', detail, fix: 'Say it in other words.', retry: 'soften', charged: 'no' }
    case 'invalid_parameters':
      return {
        class: 'refused_input',
        code: 'provider_cannot',
        detail,
        fix: 'Change the order as ElevenLabs says.',
        retry: 'never',
        charged: 'no',
      }
    case 'charging_failed':
      return {
        class: 'billing',
        code: 'provider_billing',
        detail,
        fix: 'Top up the ElevenLabs account.',
        retry: 'other_provider',
        charged: 'no',
      }
    case 'dependency_failed':
      return { class: 'transient', code: 'provider_failed', detail, retry: 'other_provider', charged: 'no' }
    default:
      return { class: 'transient', code: 'provider_failed', detail, retry: 'reseed', charged: 'no' }
  }
}

/** The order was taken and paid for, but what came with the answer cannot be used. */
export function answerLost(cause: unknown): SluiceError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SluiceError('submit_unknown', `ElevenLabs took the order, but its answer did not arrive whole: ${why}`, { cause })
}

/** How long they keep what was made is not documented, and what is gone may have been charged. */
export function lost(detail: string): TakeStatus {
  return { state: 'lost', outcome: { class: 'lost', code: 'take_lost', detail, retry: 'reseed', charged: 'unknown' } }
}
