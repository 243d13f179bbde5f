import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Lab, Work } from '../../lab.ts'
import { standardWebhookHeaders } from '../../standard-webhook.ts'
import { sendError, sendRefusal } from './errors.ts'
import { fieldsOf, numberOf, textOf } from './fields.ts'
import type { Flavour } from './flavours.ts'
import { OPENAI_LAB_WEBHOOK_SECRET } from './webhook-secret.ts'

const DEFAULT_SECONDS = 4
const DEFAULT_SIZE = '720x1280'
const MAX_PROMPT = 32_000
const MAX_LIST = 100
/** A day, as `expires_at` tells. */
const LIFE_SECONDS = 86_400
const STATUS = { queued: 'queued', running: 'in_progress', done: 'completed', failed: 'failed', cancelled: 'failed' } as const

interface IdParams {
  Params: { id: string }
}

/** What a work remembers of its request. */
interface Ordered {
  model: string
  seconds: number
  size: string
  remixedFrom: string | null
}

/** `/v1/videos` of one server. A wrong request is answered as that server does; fields it does not look at are not looked at here. */
export function videoRoutes(app: FastifyInstance, lab: Lab, flavour: Flavour): void {
  const wrong = (reply: FastifyReply, param: string, message: string, status = 400) =>
    sendError(reply, status, { message, type: 'invalid_request_error', param, code: 'invalid_value' }, flavour.errorStyle)
  const unknown = (reply: FastifyReply, id: string) =>
    sendError(reply, 404, { message: `Video ${id} not found.`, type: 'invalid_request_error', code: 'not_found' }, flavour.errorStyle)
  const orderedOf = (work: Work) => work.data['ordered'] as Ordered

  function video(work: Work): Record<string, unknown> {
    const { model, seconds, size, remixedFrom } = orderedOf(work)
    const endedAt = work.endedAt === null ? null : unix(work.endedAt)
    const told = {
      id: work.id,
      object: 'video',
      model,
      status: STATUS[work.state],
      progress: flavour.alwaysHundred ? 100 : Math.floor(work.progress * 100),
      created_at: unix(work.createdAt),
      completed_at: work.state === 'done' ? endedAt : null,
      expires_at: work.state === 'done' && endedAt !== null ? endedAt + LIFE_SECONDS : null,
      prompt: work.prompt,
      seconds: String(seconds),
      size,
      remixed_from_video_id: remixedFrom,
      error: failureOf(work),
      ...(work.state === 'done' && flavour.extra(seconds)),
    }
    return flavour.told?.(told) ?? told
  }

  function failureOf({ state, failure }: Work): Record<string, unknown> | null {
    if (state === 'cancelled') return flavour.failure(undefined, 'The generation was aborted.', false)
    if (failure === null) return null
    const refused = failure.reason !== 'fail'
    return flavour.failure(failure.detail, refused ? 'The video was blocked by our moderation system.' : 'The generation failed.', refused)
  }

  async function tell(work: Work): Promise<void> {
    if (lab.webhooks.target === undefined || (work.state !== 'done' && work.state !== 'failed')) return
    const type = work.state === 'done' ? 'video.completed' : 'video.failed'
    await lab.webhooks.send(work, lab.webhooks.target, (attempt) => {
      const body = JSON.stringify({
        id: `evt_${work.id}`,
        object: 'event',
        type,
        created_at: attempt.timestampSeconds,
        data: { id: work.id },
      })
      return { body, headers: standardWebhookHeaders(OPENAI_LAB_WEBHOOK_SECRET, attempt, body) }
    })
  }

  /** `undefined`: it was refused, and that was answered. */
  async function create(request: FastifyRequest, reply: FastifyReply, from?: Work): Promise<Work | undefined> {
    const form = request.body instanceof FormData
    if (!form && !flavour.takesJson) {
      wrong(reply, 'prompt', 'Field required: the request must be a form.', 422)
      return undefined
    }
    const fields: Record<string, unknown> = { ...(from && { model: orderedOf(from).model }), ...fieldsOf(request.body) }
    const stranger = Object.keys(fields).find((name) => flavour.fields !== null && !flavour.fields.includes(name))
    const prompt = textOf(fields['prompt']) ?? ''
    const model = textOf(fields['model']) ?? flavour.defaultModel
    const fps = numberOf(fields['fps']) ?? 24
    const frames = numberOf(fields['num_frames'])
    const seconds = numberOf(fields['seconds']) ?? (frames ? frames / fps : from ? orderedOf(from).seconds : DEFAULT_SECONDS)
    const [width, height] = [numberOf(fields['width']), numberOf(fields['height'])]
    const size = textOf(fields['size']) ?? (width && height ? `${width}x${height}` : from ? orderedOf(from).size : DEFAULT_SIZE)
    const [, across, down] = /^(\d{2,4})x(\d{2,4})$/.exec(size) ?? []

    const problem: [string, string] | undefined =
      stranger !== undefined
        ? [stranger, `Unknown parameter: '${stranger}'.`]
        : prompt.length === 0 || prompt.length > MAX_PROMPT
          ? ['prompt', `The prompt must have 1 to ${MAX_PROMPT} characters.`]
          : flavour.models && !flavour.models.includes(model)
            ? ['model', `Invalid value: '${model}'. Supported values are: ${flavour.models.join(', ')}.`]
            : !(seconds > 0) || (flavour.lengths && !flavour.lengths.includes(seconds))
              ? ['seconds', `Invalid value: '${seconds}'. Supported values are: ${flavour.lengths?.join(', ') ?? 'more than 0'}.`]
              : across === undefined || (flavour.sizes && !flavour.sizes.includes(size))
                ? ['size', `Invalid value: '${size}'. Supported values are: ${flavour.sizes?.join(', ') ?? 'WxH'}.`]
                : undefined
    if (problem) {
      wrong(reply, ...problem)
      return undefined
    }

    const seed = numberOf(fields['seed'])
    const ordered: Ordered = { model, seconds, size, remixedFrom: from?.id ?? null }
    const taken = await lab.take(request, {
      id: flavour.newId(model),
      prompt,
      outputs: [
        { kind: 'video', durationSeconds: seconds, width: Number(across), height: Number(down), fps, ...(seed !== undefined && { seed }) },
      ],
      amountMicroUsd: Math.ceil(flavour.price(model) * seconds),
      refunds: ['failed', 'refused'],
      data: { ordered },
      onChange: tell,
    })
    if ('work' in taken) return taken.work
    sendRefusal(reply, taken, 'prompt', flavour.errorStyle)
    return undefined
  }

  app.post('/v1/videos', async (request, reply) => {
    const work = await create(request, reply)
    return work ? video(work) : reply
  })

  // OpenAI itself has no such call.
  if (!flavour.needsKey)
    app.post('/v1/videos/sync', async (request, reply) => {
      const work = await create(request, reply)
      if (!work) return reply
      await work.ended
      const [output] = work.outputs
      if (output) return lab.files.send(request, reply, output)
      return sendError(reply, 500, { message: 'The generation failed.', type: 'server_error' }, flavour.errorStyle)
    })

  app.post<IdParams>('/v1/videos/:id/remix', async (request, reply) => {
    const from = lab.works.get(request.params.id)
    if (!from) return unknown(reply, request.params.id)
    const work = await create(request, reply, from)
    return work ? video(work) : reply
  })

  app.get<{ Querystring: { after?: string; limit?: string; order?: string } }>('/v1/videos', (request, reply) => {
    const type = 'server_error'
    if (flavour.withoutList) return sendError(reply, 500, { message: 'Video list is not supported.', type }, flavour.errorStyle)
    const { after, limit, order } = request.query
    const all = order === 'asc' ? lab.works.list().reverse() : lab.works.list()
    const videos = all.filter((work) => work.data['ordered'] !== undefined)
    const rest = after === undefined ? videos : videos.slice(videos.findIndex(({ id }) => id === after) + 1)
    const page = rest.slice(0, Math.min(MAX_LIST, numberOf(limit) ?? 20))
    return {
      object: 'list',
      data: page.map(video),
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
      has_more: rest.length > page.length,
    }
  })

  app.get<IdParams>('/v1/videos/:id', (request, reply) => {
    const work = lab.works.get(request.params.id)
    return work ? video(work) : unknown(reply, request.params.id)
  })

  app.get<IdParams & { Querystring: { variant?: string } }>('/v1/videos/:id/content', async (request, reply) => {
    const work = lab.works.get(request.params.id)
    if (!work) return unknown(reply, request.params.id)
    if (work.state === 'failed' || work.state === 'cancelled')
      return wrong(reply, 'id', 'The video generation failed.', flavour.failedContentStatus)
    const [output] = work.outputs
    const expired = work.endedAt !== null && lab.clock.now().getTime() >= work.endedAt.getTime() + LIFE_SECONDS * 1000
    if (!output || expired) return wrong(reply, 'id', expired ? 'The video has expired.' : 'The video is not ready.', 404)
    const { variant = 'video' } = request.query
    if (variant !== 'video') {
      const [width = 0, height = 0] = orderedOf(work).size.split('x').map(Number)
      const still = await lab.maker.make({ kind: 'image', width, height, format: variant === 'thumbnail' ? 'webp' : 'jpeg' })
      return reply.type(still.mimeType).send(still.bytes)
    }
    if (work.faults.has('expiring-url')) return reply.redirect(lab.files.url(output))
    if (flavour.withoutRanges) delete request.headers.range
    return lab.files.send(request, reply, output)
  })

  if (flavour.deleteRunning === 'no-route') return
  app.delete<IdParams>('/v1/videos/:id', (request, reply) => {
    const { id } = request.params
    const work = lab.works.get(id)
    if (!work) return unknown(reply, id)
    const running = work.state === 'queued' || work.state === 'running'
    if (running && flavour.deleteRunning === 'refuse') return wrong(reply, 'id', 'Only completed or failed videos can be deleted.', 409)
    if (running && flavour.deleteRunning === 'abort') lab.works.cancel(id)
    const last = video(work)
    lab.works.delete(id)
    return flavour.deleteAnswer === 'video' ? { ...last, status: 'deleted' } : { id, object: 'video.deleted', deleted: true }
  })
}

const unix = (date: Date): number => Math.floor(date.getTime() / 1000)
