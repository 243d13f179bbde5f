import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Lab, Output } from '../../lab.ts'
import type { AudioFormat, MediaSpec } from '../../media/maker.ts'
import { promptRefused, refused, said } from './errors.ts'

interface SyncOrder {
  prompt: string
  spec: MediaSpec
  amountMicroUsd: number
  data?: Record<string, unknown>
}

/** Takes an order that is answered with what it made. `undefined`: the answer has been given already. */
export async function madeAtOnce(
  lab: Lab,
  request: FastifyRequest,
  reply: FastifyReply,
  { prompt, spec, amountMicroUsd, data }: SyncOrder,
): Promise<Output | undefined> {
  const taken = await lab.take(request, {
    prompt,
    outputs: [spec],
    amountMicroUsd,
    refunds: ['failed', 'refused'],
    queueSeconds: 0,
    runSeconds: 0,
    ...(data && { data }),
  })
  if ('refused' in taken) {
    refused(reply, taken)
    return undefined
  }
  const { work } = taken
  // Whoever forgets the work has no answer to give either.
  if (work.faults.has('restart')) request.raw.socket.destroy()
  await work.ended
  reply.header('request-id', randomUUID()).header('character-cost', prompt.length)
  const [output] = work.outputs
  if (output) return output
  if (work.failure?.reason === 'fail') said(reply, 500, { code: 'internal_error', message: 'The generation failed.' })
  else promptRefused(reply)
  return undefined
}

/** The bytes, in chunks without a declared length. */
export function sent(lab: Lab, reply: FastifyReply, output: Output): FastifyReply {
  return output.work.faults.has('wrong-type') ? piecewise(reply, 'text/html', [output.bytes], false) : lab.files.stream(reply, output)
}

export interface Format {
  format: AudioFormat
  sampleRate: number
  bitsPerSecond?: number
}

const CODECS: Record<string, AudioFormat> = { mp3: 'mp3', pcm: 'pcm', wav: 'wav', opus: 'opus', ulaw: 'ulaw', alaw: 'alaw' }

/** `codec_rate[_kbit]`, e.g. `mp3_44100_128`. `undefined` for one that does not exist. */
export function formatOf(query: unknown, auto: string): Format | undefined {
  const asked = (query as { output_format?: string }).output_format ?? auto
  const [, codec = '', rate, kilobits] = /^([a-z0-9]+)_(\d+)(?:_(\d+))?$/.exec(asked === 'auto' ? auto : asked) ?? []
  const format = CODECS[codec]
  if (!format) return undefined
  return { format, sampleRate: Number(rate), ...(kilobits && { bitsPerSecond: Number(kilobits) * 1000 }) }
}

/** Pieces of an answer; `cut` ends the connection half way through them. */
export function piecewise(reply: FastifyReply, mimeType: string, pieces: readonly (string | Uint8Array)[], cut: boolean): FastifyReply {
  async function* sent(): AsyncGenerator<Uint8Array> {
    for (const piece of cut ? pieces.slice(0, Math.ceil(pieces.length / 2)) : pieces) yield Buffer.from(piece as Uint8Array)
    if (!cut) return
    // What was sent so far must be on its way before the connection is cut.
    await new Promise((resolve) => setTimeout(resolve, 20))
    throw new Error('cut by the lab')
  }
  return reply.type(mimeType).send(Readable.from(sent(), { objectMode: false }))
}
