import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { withoutMarkers } from '../../dials.ts'
import type { Lab, Output } from '../../lab.ts'
import { alignmentOf, partOf } from './alignment.ts'
import { said, saidBefore, unprocessable } from './errors.ts'
import { formatOf, madeAtOnce, piecewise, sent } from './sync.ts'

/** Models, what they speak at once, and a character of it in micro-USD. */
const MODELS: Record<string, { characters: number; microUsd: number }> = {
  eleven_multilingual_v2: { characters: 10_000, microUsd: 100 },
  eleven_v3: { characters: 5_000, microUsd: 100 },
  eleven_flash_v2_5: { characters: 40_000, microUsd: 50 },
  eleven_turbo_v2_5: { characters: 40_000, microUsd: 50 },
  eleven_flash_v2: { characters: 30_000, microUsd: 50 },
}
const STREAM_PIECES = 4

const Body = z.looseObject({
  text: z.string().min(1),
  model_id: z.string().default('eleven_multilingual_v2'),
  seed: z.int().min(0).max(4_294_967_295).nullish(),
  voice_settings: z.looseObject({ speed: z.number().nullish() }).nullish(),
})

type Answer = (reply: FastifyReply, output: Output, text: string) => FastifyReply

export function speech(api: FastifyInstance, lab: Lab): void {
  const answers: Record<string, Answer> = {
    '': (reply, output) => sent(lab, reply, output),
    '/stream': (reply, output) => sent(lab, reply, output),
    '/with-timestamps': timed,
    '/stream/with-timestamps': timedStream,
  }
  for (const [path, answer] of Object.entries(answers))
    api.post(`/v1/text-to-speech/:voice${path}`, async (request, reply) => {
      const spoken = await speak(lab, request, reply)
      return spoken ? answer(reply, spoken.output, spoken.text) : reply
    })
}

async function speak(lab: Lab, request: FastifyRequest, reply: FastifyReply): Promise<{ output: Output; text: string } | undefined> {
  const body = Body.safeParse(request.body)
  const format = formatOf(request.query, 'mp3_44100_128')
  const { voice } = request.params as { voice: string }
  if (!body.success) unprocessable(reply, body.error)
  else if (!format)
    said(reply, 400, { code: 'invalid_output_format', message: 'This output format does not exist.', param: 'output_format' })
  else if (!/^[A-Za-z0-9]{8,64}$/.test(voice))
    said(reply, 404, { code: 'voice_not_found', message: `A voice with the id ${voice} was not found.`, param: 'voice_id' })
  else {
    const { text, model_id } = body.data
    const model = MODELS[model_id]
    if (!model) saidBefore(reply, 400, 'model_not_found', `A model with id ${model_id} does not exist.`)
    else if (text.length > model.characters)
      said(reply, 400, {
        code: 'max_character_limit_exceeded',
        message: `The text has more than ${model.characters} characters.`,
        param: 'text',
      })
    else {
      const output = await madeAtOnce(lab, request, reply, {
        prompt: text,
        spec: { kind: 'speech', text, voice, ...format },
        amountMicroUsd: text.length * model.microUsd,
        data: { model_id },
      })
      return output && { output, text: withoutMarkers(text) }
    }
  }
  return undefined
}

function timed(reply: FastifyReply, { bytes, words = [], work }: Output, text: string): FastifyReply {
  const alignment = alignmentOf(text, words)
  const body = JSON.stringify({
    audio_base64: Buffer.from(bytes).toString('base64'),
    alignment,
    normalized_alignment: alignment,
  })
  const half = Math.ceil(body.length / 2)
  return piecewise(reply, 'application/json', [body.slice(0, half), body.slice(half)], work.faults.has('truncated-body'))
}

function timedStream(reply: FastifyReply, { bytes, words = [], durationSeconds, work }: Output, text: string): FastifyReply {
  const alignment = alignmentOf(text, words)
  const lines = Array.from({ length: STREAM_PIECES }, (_, n) => {
    const share = (at: number) => Math.floor((bytes.length * at) / STREAM_PIECES)
    const until = n + 1 === STREAM_PIECES ? Number.POSITIVE_INFINITY : (durationSeconds * (n + 1)) / STREAM_PIECES
    const part = partOf(alignment, (durationSeconds * n) / STREAM_PIECES, until)
    const audio = Buffer.from(bytes.subarray(share(n), share(n + 1))).toString('base64')
    return `${JSON.stringify({ audio_base64: audio, alignment: part, normalized_alignment: part })}\n`
  })
  return piecewise(reply, 'application/json', lines, work.faults.has('truncated-body'))
}
