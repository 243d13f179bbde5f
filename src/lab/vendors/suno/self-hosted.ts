import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Lab, Work } from '../../lab.ts'
import { newSongIds, pairOf, type Song, songsOf, unfinishedUrl, urlOf } from './songs.ts'

const MICRO_USD = 40_000
const PAGE_SIZE = 20

const Body = z.looseObject({
  prompt: z.string().min(1),
  make_instrumental: z.boolean().default(false),
  model: z.string().default('chirp-v3-5'),
  wait_audio: z.boolean().default(false),
  tags: z.string().optional(),
  title: z.string().optional(),
})
type Body = z.infer<typeof Body>

/** suno-api: no key, no webhooks, no cancellation; errors are `{error}`. */
export function selfHosted(app: FastifyInstance, lab: Lab): void {
  app.post('/api/generate', (request, reply) => generate(lab, request, reply, false))
  app.post('/api/custom_generate', (request, reply) => generate(lab, request, reply, true))

  app.get<{ Querystring: { ids?: string; page?: string } }>('/api/get', (request) => {
    const { ids, page } = request.query
    const clips = clipsOf(lab)
    if (ids !== undefined) return ids.split(',').flatMap((id) => clips.find((clip) => clip.id === id) ?? [])
    const from = (Number(page ?? 1) - 1) * PAGE_SIZE
    return clips.slice(from, from + PAGE_SIZE)
  })

  app.get<{ Querystring: { id?: string } }>('/api/clip', (request, reply) => {
    const clip = clipsOf(lab).find(({ id }) => id === request.query.id)
    return clip ? reply.send(clip) : reply.code(404).send({ error: 'Clip not found' })
  })

  app.get('/api/get_limit', () => ({ credits_left: 2_500, period: 'month', monthly_limit: 2_500, monthly_usage: 0 }))
}

async function generate(lab: Lab, request: FastifyRequest, reply: FastifyReply, custom: boolean): Promise<FastifyReply> {
  const body = Body.safeParse(request.body)
  if (!body.success) return reply.code(400).send({ error: z.prettifyError(body.error) })
  const { prompt, wait_audio } = body.data
  const taken = await lab.take(request, {
    prompt,
    outputs: pairOf(prompt),
    amountMicroUsd: MICRO_USD,
    data: { shape: 'self-hosted', songs: newSongIds(), body: body.data, custom },
  })
  if ('work' in taken) {
    if (wait_audio) await taken.work.ended
    return reply.send(songsOf(taken.work).map((song) => clipOf(lab, taken.work, song)))
  }
  switch (taken.refused) {
    case 'throttle':
      if (taken.retryAfterSeconds !== undefined) reply.header('retry-after', taken.retryAfterSeconds)
      return reply.code(429).send({ error: 'Too many running jobs.' })
    case 'server-error':
      return reply.code(500).send({ error: 'Internal server error: upstream' })
    case 'sunset':
      return reply.code(400).send({ error: `The model ${body.data.model} is no longer supported.` })
    case 'refuse-input':
      if (taken.detail === '402') return reply.code(402).send({ error: 'Insufficient credits.' })
      return reply.code(400).send({ error: 'Song description flagged for moderation.' })
  }
}

const clipsOf = (lab: Lab) =>
  lab.works
    .list()
    .filter(({ data }) => data['shape'] === 'self-hosted')
    .flatMap((work) => songsOf(work).map((song) => clipOf(lab, work, song)))

function clipOf(lab: Lab, work: Work, { id, output }: Song) {
  const { prompt, model, tags, title } = work.data['body'] as Body
  const custom = work.data['custom'] === true
  const status = statusOf(work, output !== undefined)
  return {
    id,
    title: title ?? '',
    image_url: null,
    lyric: custom ? prompt : '',
    audio_url: output ? urlOf(lab, output) : status === 'streaming' ? unfinishedUrl(lab, id) : '',
    video_url: '',
    created_at: work.createdAt.toISOString(),
    model_name: model,
    status,
    gpt_description_prompt: custom ? null : prompt,
    prompt: custom ? prompt : '',
    type: 'gen',
    tags: tags ?? '',
    negative_tags: '',
    duration: output?.durationSeconds ?? null,
    error_message: status === 'error' ? messageOf(work) : null,
  }
}

function statusOf(work: Work, made: boolean): 'submitted' | 'queued' | 'streaming' | 'complete' | 'error' {
  if (work.state === 'queued') return 'submitted'
  if (work.state === 'running') return work.progress < 0.2 ? 'queued' : 'streaming'
  return made ? 'complete' : 'error'
}

function messageOf({ failure }: Work): string {
  if (failure?.reason === 'refuse-output') return 'The song was held back by moderation.'
  return failure?.detail ?? 'Something went wrong with the generation.'
}
