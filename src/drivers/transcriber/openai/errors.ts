import { SluiceError } from '../../../domain/errors.ts'
import { openAiRefusal } from '../../http/openai-error.ts'
import type { Answer } from '../../http/vendor-api.ts'

const FIELDS: Record<string, string> = { file: 'recording', model: 'model', language: 'language' }

/** A recording that was not transcribed: nothing is charged. */
export async function refusedRecording(vendor: string, answer: Answer): Promise<SluiceError> {
  const refusal = await openAiRefusal(vendor, answer, { fields: FIELDS, disliked: { field: 'recording', fix: 'Give another recording.' } })
  if (refusal.code !== 'provider_cannot') return refusal
  const { message } = refusal
  if (answer.status === 413)
    return new SluiceError('provider_cannot', message, {
      field: 'sizeBytes',
      fix: 'Give a shorter recording, or one with a lower bit rate.',
    })
  // Sizes are checked before; what is left of what may be wrong with a file is what is in it.
  if (refusal.field === 'recording' || /corrupt|decod|file format/i.test(message))
    return new SluiceError('media_unreadable', message, { retry: 'never', fix: 'Check that the recording can be played.' })
  return refusal
}
