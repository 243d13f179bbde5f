import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Lab, Work } from '../../lab.ts'
import { billingDisabled, invalidArgument, refuse, refuseOrder, tokenInvalid } from './errors.ts'
import { frames, type Resolution } from './frames.ts'

/** Micro-USD per second, with sound. */
const MODELS: Record<string, Partial<Record<Resolution, number>>> = {
  'veo-3.1-generate-001': { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
  'veo-3.1-fast-generate-001': { '720p': 100_000, '1080p': 120_000, '4k': 300_000 },
  'veo-3.1-lite-generate-001': { '720p': 50_000, '1080p': 80_000 },
}

const Body = z.looseObject({
  instances: z
    .array(
      z.looseObject({ prompt: z.string().default(''), image: z.looseObject({ bytesBase64Encoded: z.string().optional() }).optional() }),
    )
    .length(1),
  parameters: z.looseObject({
    sampleCount: z.number().int().min(1).max(4).default(1),
    aspectRatio: z.enum(['16:9', '9:16']).default('16:9'),
    resolution: z.enum(['720p', '1080p', '4k']).default('720p'),
    durationSeconds: z.union([z.literal(4), z.literal(6), z.literal(8)]).default(8),
    seed: z.number().int().min(0).max(4_294_967_295).optional(),
    storageUri: z.string().startsWith('gs://').optional(),
    generateAudio: z.boolean().optional(),
  }),
})

/**
 * Veo on Vertex AI. Sources: `@google/genai` 3.1.0 (`generateVideos`, `fetchPredictVideosOperationInternal`), `@ai-sdk/google-vertex` 5.
 *
 * Chosen where nothing readable says it: only delivered videos are charged; a refused prompt is a 400; an operation asked for that
 * never was is a 404; `=` in base64 is written as `\u003d`, as Google's JSON writers do. `[lab:fail=8]` fails with that `google.rpc.Code`.
 * Tokens: `invalid` in one is not accepted, `broke` is of a project without billing.
 */
export function veoRoutes(api: FastifyInstance, lab: Lab): void {
  const stored = new Map<string, Work>()
  const polls = new Map<string, number>()

  type Called = { Params: { version: string; project: string; location: string; call: string } }
  api.post<Called>('/:version/projects/:project/locations/:location/publishers/google/models/:call', (request, reply) => {
    if (!allowed(request, reply)) return reply
    const { project, location, call } = request.params
    const [model = '', method] = call.split(':')
    if (method === 'fetchPredictOperation') return fetchOperation(request, reply)
    if (method !== 'predictLongRunning') return refuse(reply, 404, 'NOT_FOUND', `There is no method ${method}.`)
    return predict(request, reply, model, `projects/${project}/locations/${location}/publishers/google/models/${model}`)
  })

  async function predict(request: FastifyRequest, reply: FastifyReply, model: string, resource: string): Promise<unknown> {
    const prices = MODELS[model]
    if (prices === undefined) return refuseOrder(reply, model, { refused: 'sunset' })
    const parsed = Body.safeParse(request.body)
    if (!parsed.success)
      return invalidArgument(reply, String(parsed.error.issues[0]?.path.join('.')), String(parsed.error.issues[0]?.message))
    const { instances, parameters } = parsed.data
    const { durationSeconds, resolution, aspectRatio, sampleCount, seed, storageUri, generateAudio } = parameters
    const price = prices[resolution]
    if (price === undefined) return invalidArgument(reply, 'parameters.resolution', `${model} does not support ${resolution}.`)
    const id = randomUUID()
    const taken = await lab.take(request, {
      id,
      prompt: instances[0]?.prompt ?? '',
      outputs: Array.from({ length: sampleCount }, (_, index) => ({
        kind: 'video' as const,
        durationSeconds,
        ...frames[resolution][aspectRatio],
        sound: generateAudio !== false,
        ...(seed !== undefined && { seed: seed + index }),
      })),
      amountMicroUsd: price * durationSeconds * sampleCount,
      charged: 'done',
      data: { name: `${resource}/operations/${id}`, storageUri, image: instances[0]?.image?.bytesBase64Encoded },
    })
    return 'refused' in taken ? refuseOrder(reply, model, taken) : { name: taken.work.data['name'] }
  }

  function fetchOperation(request: FastifyRequest, reply: FastifyReply): unknown {
    const name = String((request.body as { operationName?: unknown } | undefined)?.operationName)
    const id = name.split('/operations/')[1] ?? ''
    const asked = (polls.get(id) ?? 0) + 1
    polls.set(id, asked)
    if (lab.dials.strikes('poll-error', `${id}:${asked}`)) return refuse(reply, 503, 'UNAVAILABLE', 'The service is currently unavailable.')
    const work = lab.works.get(id)
    if (work === undefined || work.data['name'] !== name) return refuse(reply, 404, 'NOT_FOUND', `Operation ${name} was not found.`)
    return reply.type('application/json').send(JSON.stringify(operationOf(work)).replaceAll('=', '\\u003d'))
  }

  function operationOf(work: Work): Record<string, unknown> {
    const name = work.data['name']
    if (work.state === 'queued' || work.state === 'running') return { name }
    if (work.failure?.reason === 'fail' || work.state === 'cancelled') {
      const code = Number(work.failure?.detail) || 13
      return { name, done: true, error: { code, message: 'Video generation failed. Please try again.' } }
    }
    const response = { '@type': 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse' }
    if (work.state === 'failed') {
      const raiMediaFilteredReasons = ['The video was filtered because it may violate our usage guidelines. Support codes: 58061214']
      return { name, done: true, response: { ...response, raiMediaFilteredCount: work.ordered.length, raiMediaFilteredReasons } }
    }
    return {
      name,
      done: true,
      response: { ...response, raiMediaFilteredCount: 0, videos: work.outputs.map((_, index) => videoOf(work, index)) },
    }
  }

  function videoOf(work: Work, index: number): Record<string, unknown> {
    const output = work.outputs[index]
    const { storageUri } = work.data
    if (typeof storageUri !== 'string')
      return { bytesBase64Encoded: Buffer.from(output?.bytes ?? []).toString('base64'), mimeType: output?.mimeType }
    const gcsUri = `${storageUri.replace(/\/$/, '')}/${work.id}/sample_${index}.mp4`
    stored.set(gcsUri, work)
    return { gcsUri, mimeType: output?.mimeType }
  }

  /** Cloud Storage's JSON API, for what was written to a bucket. */
  type Stored = { Params: { bucket: string; object: string }; Querystring: { alt?: string } }
  api.get<Stored>('/storage/v1/b/:bucket/o/:object', (request, reply) => {
    if (!allowed(request, reply)) return reply
    const { bucket, object } = request.params
    const output = stored.get(`gs://${bucket}/${object}`)?.outputs[Number(/_(\d+)\.mp4$/.exec(object)?.[1])]
    if (output === undefined) return refuse(reply, 404, 'NOT_FOUND', 'No such object.')
    return request.query.alt === 'media'
      ? lab.files.send(request, reply, output)
      : { bucket, name: object, size: String(output.bytes.length) }
  })
}

function allowed(request: FastifyRequest, reply: FastifyReply): boolean {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || token.includes('invalid')) tokenInvalid(reply)
  else if (token.includes('broke')) billingDisabled(reply)
  else return true
  return false
}
