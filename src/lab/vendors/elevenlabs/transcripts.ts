import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Lab, Output, Work } from '../../lab.ts'
import { refused, said, unprocessable } from './errors.ts'

const SECOND_MICRO_USD = 61

const Fields = z.object({ model_id: z.enum(['scribe_v1', 'scribe_v2']), webhook: z.enum(['true', 'false']).default('false') })

/**
 * Scribe, at once or later. Knows the words of what this lab has spoken. That a transcript in the making is answered with 404, as one
 * that does not exist, is UNVERIFIED.
 */
export function transcripts(api: FastifyInstance, lab: Lab): void {
  const kept = new Map<string, { work: Work; transcript: unknown }>()

  api.post('/v1/speech-to-text', async (request, reply) => {
    const form = request.body instanceof FormData ? request.body : new FormData()
    const fields = Fields.safeParse({ model_id: form.get('model_id'), webhook: form.get('webhook') ?? undefined })
    if (!fields.success) return unprocessable(reply, fields.error)
    const file = form.get('file')
    if (!(file instanceof File)) return said(reply, 400, { code: 'validation_error', message: 'A file is needed.', param: 'file' })
    const bytes = new Uint8Array(await file.arrayBuffer())
    const spoken = spokenBefore(lab, bytes)
    const id = randomUUID()
    const later = fields.data.webhook === 'true'
    const taken = await lab.take(request, {
      prompt: '',
      outputs: [],
      amountMicroUsd: Math.ceil((spoken?.durationSeconds ?? 0) * SECOND_MICRO_USD),
      refunds: ['failed', 'refused'],
      id,
      ...(!later && { queueSeconds: 0, runSeconds: 0 }),
    })
    if ('refused' in taken) return refused(reply, taken)
    const { work } = taken
    const transcript = transcriptOf(id, spoken)
    kept.set(id, { work, transcript })
    if (later) return reply.code(200).send({ message: 'Request accepted.', request_id: randomUUID(), transcription_id: id })
    // Whoever forgets the work has no answer to give either.
    if (work.faults.has('restart')) request.raw.socket.destroy()
    await work.ended
    if (work.state !== 'done') return said(reply, 500, { code: 'internal_error', message: 'The transcription failed.' })
    return reply.send(transcript)
  })

  api.get<{ Params: { id: string } }>('/v1/speech-to-text/transcripts/:id', (request, reply) => {
    const found = kept.get(request.params.id)
    if (found?.work.state === 'done') return reply.send(found.transcript)
    return said(reply, 404, { code: 'transcript_not_found', message: 'There is no such transcript.' })
  })
  api.delete<{ Params: { id: string } }>('/v1/speech-to-text/transcripts/:id', (request, reply) => {
    kept.delete(request.params.id)
    return reply.send({ message: 'Deleted.' })
  })
}

function spokenBefore(lab: Lab, bytes: Uint8Array): Output | undefined {
  const wanted = hashOf(bytes)
  return lab.works
    .list()
    .flatMap(({ outputs }) => outputs)
    .find((output) => output.words && output.bytes.length === bytes.length && hashOf(output.bytes) === wanted)
}

function transcriptOf(id: string, spoken: Output | undefined) {
  const words = (spoken?.words ?? []).flatMap(({ text, startSeconds, endSeconds }, n) => {
    const word = { text, start: startSeconds, end: endSeconds, type: 'word', speaker_id: 'speaker_0', logprob: -0.01 }
    return n === 0
      ? [word]
      : [{ text: ' ', start: startSeconds, end: startSeconds, type: 'spacing', speaker_id: 'speaker_0', logprob: 0 }, word]
  })
  return {
    language_code: 'eng',
    language_probability: spoken ? 0.99 : 0,
    text: words.map(({ text }) => text).join(''),
    words,
    transcription_id: id,
    audio_duration_secs: spoken?.durationSeconds ?? 0,
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
