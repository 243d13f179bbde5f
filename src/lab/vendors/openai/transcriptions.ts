import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Lab } from '../../lab.ts'
import type { WordTime } from '../../media/maker.ts'
import { sendError, sendRefusal } from './errors.ts'
import { fieldsOf, numberOf, textOf } from './fields.ts'

const MAX_BYTES = 25 * 2 ** 20
/** $0.006 a minute. */
const PRICE_MICRO_USD_PER_SECOND = 100
/** What each model answers with. For `gpt-transcribe` UNVERIFIED: taken to be as its predecessors are. */
const FORMATS: Record<string, readonly string[]> = {
  'whisper-1': ['json', 'text', 'srt', 'verbose_json', 'vtt'],
  'gpt-4o-transcribe': ['json'],
  'gpt-4o-mini-transcribe': ['json'],
  'gpt-transcribe': ['json'],
}

/** `POST /v1/audio/transcriptions`: of what this lab said itself, every word; of anything else, nothing. */
export function transcriptionRoutes(app: FastifyInstance, lab: Lab): void {
  app.post('/v1/audio/transcriptions', async (request, reply) => {
    const wrong = (param: string, message: string, status = 400) =>
      sendError(reply, status, { message, type: 'invalid_request_error', param, code: 'invalid_value' })
    if (!(request.body instanceof FormData)) return wrong('file', 'The request must be multipart/form-data.')
    const fields = fieldsOf(request.body)
    const granularities = request.body.getAll('timestamp_granularities[]').map(String)
    const file = fields['file']
    const model = textOf(fields['model']) ?? ''
    const format = textOf(fields['response_format']) ?? 'json'
    if (!(file instanceof Blob)) return wrong('file', 'Field required.')
    if (file.size > MAX_BYTES) return wrong('file', `Maximum content size limit (${MAX_BYTES}) exceeded.`, 413)
    const formats = FORMATS[model]
    if (!formats) return wrong('model', `The model '${model}' does not exist.`, 404)
    if (!formats.includes(format)) return wrong('response_format', `response_format '${format}' is not compatible with model '${model}'.`)
    if (granularities.length > 0 && format !== 'verbose_json')
      return wrong('timestamp_granularities', 'timestamp_granularities needs verbose_json.')

    const { durationSeconds, speech } = await lab.hear(new Uint8Array(await file.arrayBuffer()))
    if (durationSeconds === 0) return wrong('file', 'Audio file might be corrupted or unsupported.')
    const taken = await lab.take(request, {
      prompt: textOf(fields['prompt']) ?? '',
      outputs: [],
      amountMicroUsd: Math.ceil(durationSeconds * PRICE_MICRO_USD_PER_SECOND),
      queueSeconds: 0,
      runSeconds: 0,
    })
    if ('refused' in taken) return sendRefusal(reply, taken, 'file', 'openai')

    const words = speech?.words ?? []
    const text = words.map((word) => word.text).join(' ')
    const usage =
      model === 'whisper-1'
        ? { type: 'duration', seconds: Math.ceil(durationSeconds) }
        : { type: 'tokens', ...tokens(durationSeconds, words.length) }
    if (textOf(fields['stream']) === 'true' && model !== 'whisper-1')
      return reply.type('text/event-stream').send(Readable.from(events(words, text, usage)))
    switch (format) {
      case 'text':
        return reply.type('text/plain').send(`${text}\n`)
      case 'srt':
      case 'vtt':
        return reply.type('text/plain').send(captions(format, words))
      case 'verbose_json':
        return {
          task: 'transcribe',
          language: textOf(fields['language']) ?? 'english',
          duration: durationSeconds,
          text,
          segments: sentencesOf(words).map((sentence, id) => segment(sentence, id, numberOf(fields['temperature']) ?? 0)),
          ...(granularities.includes('word') && {
            words: words.map(({ text: word, startSeconds, endSeconds }) => ({ word, start: startSeconds, end: endSeconds })),
          }),
          usage,
        }
      default:
        return { text, usage }
    }
  })
}

const tokens = (durationSeconds: number, words: number) => {
  const [input_tokens, output_tokens] = [Math.ceil(durationSeconds * 10), Math.ceil(words * 1.3)]
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
}

function* events(words: WordTime[], text: string, usage: unknown): Generator<string> {
  for (const [index, word] of words.entries())
    yield `data: ${JSON.stringify({ type: 'transcript.text.delta', delta: index === 0 ? word.text : ` ${word.text}` })}\n\n`
  yield `data: ${JSON.stringify({ type: 'transcript.text.done', text, usage })}\n\n`
}

function sentencesOf(words: WordTime[]): WordTime[] {
  const sentences: WordTime[] = []
  let open: WordTime | undefined
  for (const word of words) {
    open = open ? { ...open, text: `${open.text} ${word.text}`, endSeconds: word.endSeconds } : { ...word }
    if (!/[.!?]$/.test(word.text)) continue
    sentences.push(open)
    open = undefined
  }
  return open ? [...sentences, open] : sentences
}

const segment = ({ text, startSeconds, endSeconds }: WordTime, id: number, temperature: number) => ({
  id,
  seek: 0,
  start: startSeconds,
  end: endSeconds,
  text: ` ${text}`,
  tokens: [],
  temperature,
  avg_logprob: -0.2,
  compression_ratio: 1.2,
  no_speech_prob: 0.01,
})

function captions(format: 'srt' | 'vtt', words: WordTime[]): string {
  const stamp = (seconds: number) => {
    const time = new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23)
    return format === 'srt' ? time.replace('.', ',') : time
  }
  const cues = sentencesOf(words).map(({ text, startSeconds, endSeconds }, index) =>
    [...(format === 'srt' ? [String(index + 1)] : []), `${stamp(startSeconds)} --> ${stamp(endSeconds)}`, text].join('\n'),
  )
  return `${format === 'vtt' ? 'WEBVTT\n\n' : ''}${cues.join('\n\n')}\n`
}
