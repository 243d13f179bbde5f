import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { Lab, Work } from '../../lab.ts'
import { refused, said, unprocessable } from './errors.ts'

/** With which the lab signs the webhooks of its workspace. */
export const ELEVENLABS_LAB_SECRET = 'wsec_lab_elevenlabs'

const URL_SECONDS = 3_600
/** Between two questions, in lab time. */
const POLL_SECONDS = 3
const PAGE_SIZE = 30

const RESOLUTIONS: Record<string, number> = { '480p': 480, '720p': 720, '1080p': 1080, '4K': 2160, '4k': 2160 }
const REASONS = new Set([
  'timeout',
  'model_error',
  'moderated',
  'invalid_parameters',
  'dependency_failed',
  'charging_failed',
  'internal_error',
])

const webhook = z.union([z.object({ type: z.literal('all') }), z.object({ type: z.literal('ids'), ids: z.array(z.string()) })]).optional()
const common = { prompt: z.string().min(1), generate_audio: z.boolean().optional(), webhook }
const picture = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('inline_base64'), content_base64: z.base64().min(1), mime_type: z.string().regex(/^image\//) }),
    z.object({ type: z.literal('asset'), asset_id: z.string() }),
    z.object({ type: z.literal('generation'), generation_id: z.string() }),
  ])
  .optional()
const frames = { start_frame: picture, end_frame: picture }
const seed = z.int().min(0).max(4_294_967_295).optional()
const veo = {
  ...common,
  ...frames,
  seed,
  negative_prompt: z.string().optional(),
  enhance_prompt: z.boolean().optional(),
  duration_secs: z.literal([4, 6, 8]).default(8),
  aspect_ratio: z.enum(['16:9', '9:16']).default('16:9'),
  resolution: z.enum(['720p', '1080p', '4K']).default('720p'),
}
const ratios = z.enum(['auto', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']).default('16:9')
const seedance = { ...common, ...frames, seed, duration_secs: z.int().min(4).max(15).default(5), aspect_ratio: ratios }
const id = <Id extends string>(value: Id) => ({ model_id: z.literal(value) })

const Body = z.discriminatedUnion('model_id', [
  z.looseObject({ ...veo, ...id('veo-3.1-generate-001') }),
  z.looseObject({ ...veo, ...id('veo-3.1-fast-generate-001') }),
  z.looseObject({ ...seedance, ...id('bytedance-seedance-v2'), resolution: z.enum(['480p', '720p', '1080p', '4k']).default('720p') }),
  z.looseObject({ ...seedance, ...id('bytedance-seedance-v2-fast'), resolution: z.enum(['480p', '720p']).default('720p') }),
  z.looseObject({ ...seedance, ...id('bytedance-seedance-v2-mini'), resolution: z.enum(['480p', '720p']).default('720p') }),
  z.looseObject({
    ...common,
    ...id('bytedance-seedance-v2.5'),
    duration_secs: z.int().min(4).max(30).default(5),
    aspect_ratio: ratios,
    resolution: z.enum(['480p', '720p', '1080p']).default('720p'),
  }),
])
type Body = z.infer<typeof Body>

const PRICES: Record<Body['model_id'], number> = {
  'veo-3.1-generate-001': 400_000,
  'veo-3.1-fast-generate-001': 150_000,
  'bytedance-seedance-v2': 310_000,
  'bytedance-seedance-v2-fast': 250_000,
  'bytedance-seedance-v2-mini': 160_000,
  'bytedance-seedance-v2.5': 310_000,
}

/** Videos as jobs. */
export function flows(api: FastifyInstance, lab: Lab): void {
  const all = () => lab.works.list().filter(({ data }) => data['flow'] === true)

  api.post('/v1/flows/video', async (request, reply) => {
    const body = Body.safeParse(request.body)
    if (!body.success) return unprocessable(reply, body.error)
    const { model_id, prompt, duration_secs } = body.data
    const seed = 'seed' in body.data && typeof body.data.seed === 'number' ? body.data.seed : 0
    const taken = await lab.take(request, {
      prompt,
      outputs: [{ kind: 'video', durationSeconds: duration_secs, ...sizeOf(body.data), seed }],
      amountMicroUsd: PRICES[model_id] * duration_secs,
      refunds: ['failed', 'refused'],
      data: { flow: true, model_id, start_frame: body.data['start_frame'] },
      onChange: (work) => (body.data.webhook && ended(work) ? tell(lab, work) : undefined),
    })
    if ('refused' in taken) return refused(reply, taken)
    return reply.send({ id: taken.work.id, status: 'pending' })
  })

  api.get<{ Params: { id: string } }>('/v1/flows/video/:id', (request, reply) => {
    const work = all().find((candidate) => candidate.id === request.params.id)
    if (!work) return said(reply, 404, { code: 'generation_not_found', message: 'There is no such generation.' })
    if (!ended(work)) reply.header('retry-after', Math.max(1, Math.ceil(POLL_SECONDS / lab.clock.speed)))
    return reply.send(answerOf(lab, work))
  })

  api.get<{ Querystring: Record<string, string | undefined> }>('/v1/flows/video', (request, reply) => {
    const { cursor, page_size, status, model_id } = request.query
    const size = Number(page_size ?? PAGE_SIZE)
    if (!(Number.isInteger(size) && size >= 1 && size <= 100))
      return said(reply, 400, { code: 'validation_error', message: 'page_size goes from 1 to 100.', param: 'page_size' })
    const chosen = all().filter((work) => (!status || stateOf(work) === status) && (!model_id || work.data['model_id'] === model_id))
    const from = cursor ? chosen.findIndex((work) => work.id === cursor) + 1 : 0
    const page = chosen.slice(from, from + size)
    const more = from + size < chosen.length
    return reply.send({
      generations: page.map((work) => answerOf(lab, work)),
      next_cursor: more ? page.at(-1)?.id : null,
      has_more: more,
    })
  })
}

const ended = (work: Work): boolean => work.state === 'done' || work.state === 'failed'

function stateOf(work: Work): 'pending' | 'generating' | 'completed' | 'failed' {
  if (work.state === 'queued') return 'pending'
  if (work.state === 'running') return 'generating'
  return work.state === 'done' ? 'completed' : 'failed'
}

function answerOf(lab: Lab, work: Work): Record<string, unknown> {
  const status = stateOf(work)
  const [output] = work.outputs
  if (status === 'completed' && output)
    return { id: work.id, status, content_url: lab.files.url(output, { ttlSeconds: URL_SECONDS }), content_mime_type: output.mimeType }
  if (status !== 'failed') return { id: work.id, status }
  const { reason, detail = '' } = work.failure ?? {}
  const failure = REASONS.has(detail) ? detail : reason === 'fail' ? 'model_error' : 'moderated'
  return { id: work.id, status, failure_reason: failure, error_message: `The generation failed (${failure}).` }
}

function sizeOf({ aspect_ratio, resolution }: Body): { width: number; height: number } {
  const side = RESOLUTIONS[resolution] ?? 720
  const [across = 16, down = 9] = (aspect_ratio === 'auto' ? '16:9' : aspect_ratio).split(':').map(Number)
  const longer = Math.round((side * Math.max(across, down)) / Math.min(across, down) / 2) * 2
  return across >= down ? { width: longer, height: side } : { width: side, height: longer }
}

/** The workspace's webhook: the terminal answer in an envelope. */
async function tell(lab: Lab, work: Work): Promise<void> {
  const { target } = lab.webhooks
  if (target === undefined) return
  const body = JSON.stringify({ type: 'flows', event_timestamp: Math.floor(lab.clock.now().getTime() / 1000), data: answerOf(lab, work) })
  await lab.webhooks.send(work, target, ({ timestampSeconds }) => {
    const signature = createHmac('sha256', ELEVENLABS_LAB_SECRET).update(`${timestampSeconds}.${body}`).digest('hex')
    return { body, headers: { 'elevenlabs-signature': `t=${timestampSeconds},v0=${signature}` } }
  })
}
