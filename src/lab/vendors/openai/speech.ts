import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Lab, Output } from '../../lab.ts'
import type { AudioFormat } from '../../media/maker.ts'
import { sendError, sendRefusal } from './errors.ts'
import { fieldsOf, textOf } from './fields.ts'

const MODELS = ['tts-1', 'tts-1-1106', 'tts-1-hd', 'tts-1-hd-1106', 'gpt-4o-mini-tts', 'gpt-4o-mini-tts-2025-12-15']
const VOICES = ['alloy', 'ash', 'ballad', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer', 'verse', 'marin', 'cedar']
const FORMATS: readonly string[] = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] satisfies AudioFormat[]
const MAX_INPUT = 4_096
/** Bytes of one event; a multiple of 3, so that the base64 of events can be joined. */
const DELTA_BYTES = 12_288

/** Micro-USD per character. `gpt-4o-mini-tts` is billed by token; 4,096 characters were measured as 877 tokens and six times as many of sound. */
const priceOf = (model: string): number => (model.startsWith('tts-1-hd') ? 30 : model.startsWith('tts-1') ? 15 : 16)

/**
 * `POST /v1/audio/speech`. `speed` and `instructions` are checked, and the test voice does not follow them. What
 * comes back refused or failed is not charged; that a refused result is told like a refused input is UNVERIFIED.
 */
export function speechRoutes(app: FastifyInstance, lab: Lab): void {
  app.post('/v1/audio/speech', async (request, reply) => {
    const fields = fieldsOf(request.body)
    const input = textOf(fields['input']) ?? ''
    const model = textOf(fields['model']) ?? ''
    const voice = fields['voice']
    const voiceName = typeof voice === 'object' && voice !== null && 'id' in voice ? String(voice.id) : (textOf(voice) ?? '')
    const format = textOf(fields['response_format']) ?? 'mp3'
    const streamFormat = textOf(fields['stream_format']) ?? 'audio'
    const speed = Number(fields['speed'] ?? 1)

    const problem: [string, string] | undefined =
      input.length === 0 || input.length > MAX_INPUT
        ? ['input', `String should have 1 to ${MAX_INPUT} characters.`]
        : !MODELS.includes(model)
          ? ['model', `The model '${model}' does not exist.`]
          : typeof voice !== 'object' && !VOICES.includes(voiceName)
            ? ['voice', `Input should be one of ${VOICES.join(', ')}.`]
            : !FORMATS.includes(format)
              ? ['response_format', `Input should be one of ${FORMATS.join(', ')}.`]
              : !(speed >= 0.25 && speed <= 4)
                ? ['speed', 'Input should be from 0.25 to 4.']
                : !['audio', 'sse'].includes(streamFormat) || (streamFormat === 'sse' && model.startsWith('tts-1'))
                  ? ['stream_format', `'${streamFormat}' is not supported by '${model}'.`]
                  : undefined
    if (problem) {
      const [param, message] = problem
      return sendError(reply, 400, { message, type: 'invalid_request_error', param, code: 'invalid_value' })
    }

    const taken = await lab.take(request, {
      prompt: input,
      outputs: [{ kind: 'speech', text: input, voice: voiceName, format: format as AudioFormat }],
      amountMicroUsd: input.length * priceOf(model),
      refunds: ['failed', 'refused'],
      queueSeconds: 0,
      runSeconds: 0,
    })
    if ('refused' in taken) return sendRefusal(reply, taken, 'input', 'openai')
    await taken.work.ended
    const { failure, outputs } = taken.work
    if (failure?.reason === 'refuse-output') return sendRefusal(reply, { ...failure, refused: 'refuse-input' }, 'input', 'openai')
    const [output] = outputs
    if (!output) return sendError(reply, 500, { message: failure?.detail ?? 'The generation failed.', type: 'server_error' })
    if (streamFormat === 'audio') return lab.files.stream(reply, output)
    return reply.type('text/event-stream').send(Readable.from(events(output, input.length)))
  })
}

function* events({ bytes, durationSeconds, work }: Output, characters: number): Generator<string> {
  const end = work.faults.has('truncated-body') ? bytes.length / 2 : bytes.length
  for (let at = 0; at < end; at += DELTA_BYTES) {
    const audio = Buffer.from(bytes.subarray(at, at + DELTA_BYTES)).toString('base64')
    yield `data: ${JSON.stringify({ type: 'speech.audio.delta', audio })}\n\n`
  }
  if (end < bytes.length) throw new Error('cut by the lab')
  const [input_tokens, output_tokens] = [Math.ceil(characters / 4), Math.ceil(durationSeconds * 20)]
  const usage = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
  yield `data: ${JSON.stringify({ type: 'speech.audio.done', usage })}\n\n`
}
