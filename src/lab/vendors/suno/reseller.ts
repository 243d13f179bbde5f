import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { Lab, Work } from '../../lab.ts'
import { newSongIds, pairOf, type Song, songsOf, unfinishedUrl, urlOf } from './songs.ts'

const MICRO_USD = 60_000
const DESCRIPTION_CHARACTERS = 500

const Body = z.looseObject({
  prompt: z.string().min(1),
  customMode: z.boolean(),
  instrumental: z.boolean(),
  model: z.enum(['V4', 'V4_5', 'V4_5PLUS', 'V4_5ALL', 'V5']),
  callBackUrl: z.url({ error: 'Please enter callBackUrl' }),
  style: z.string().optional(),
  title: z.string().optional(),
})
type Body = z.infer<typeof Body>

/** sunoapi.org. HTTP says 200 even to what is refused. */
export function reseller(app: FastifyInstance, lab: Lab): void {
  app.post('/api/v1/generate', async (request, reply) => {
    const barred = barredBy(request)
    return barred ? answer(reply, barred.code, barred.msg) : generate(lab, request, reply)
  })

  app.get<{ Querystring: { taskId?: string } }>('/api/v1/generate/record-info', (request, reply) => {
    const barred = barredBy(request)
    if (barred?.code === 401) return answer(reply, barred.code, barred.msg)
    const work = lab.works.get(request.query.taskId ?? '')
    if (work?.data['shape'] !== 'reseller') return answer(reply, 422, 'recordInfo is null')
    return answer(reply, 200, 'success', recordOf(lab, work))
  })

  app.get('/api/v1/generate/credit', (request, reply) => {
    const barred = barredBy(request)
    if (barred?.code === 401) return answer(reply, barred.code, barred.msg)
    return answer(reply, 200, 'success', barred ? 0 : 1_000)
  })
}

async function generate(lab: Lab, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = Body.safeParse(request.body)
  if (!body.success) return answer(reply, 422, body.error.issues[0]?.message ?? 'invalid')
  const { prompt, customMode, callBackUrl } = body.data
  if (!customMode && prompt.length > DESCRIPTION_CHARACTERS) return answer(reply, 413, 'The theme or prompt is too long')
  const taken = await lab.take(request, {
    prompt,
    outputs: pairOf(prompt),
    amountMicroUsd: MICRO_USD,
    inputRefusal: 'end',
    id: crypto.randomUUID().replaceAll('-', ''),
    data: { shape: 'reseller', songs: newSongIds(), body: body.data },
    async onChange(work) {
      if (work.failure?.detail === '531') lab.book.refund(work.id, lab.vendor)
      if (isReachable(callBackUrl)) await callBack(lab, work, callBackUrl)
    },
  })
  if ('work' in taken) return answer(reply, 200, 'success', { taskId: taken.work.id })
  switch (taken.refused) {
    case 'throttle':
      if (taken.retryAfterSeconds !== undefined) reply.header('retry-after', taken.retryAfterSeconds)
      return answer(reply, 430, 'Your call frequency is too high. Please try again later.')
    case 'sunset':
      return answer(reply, 400, 'The model is no longer supported')
    default:
      return answer(
        reply,
        taken.detail === '455' ? 455 : 500,
        taken.detail === '455' ? 'The website is being maintained' : 'Server exception',
      )
  }
}

const answer = (reply: FastifyReply, code: number, msg: string, data: unknown = null): FastifyReply => reply.send({ code, msg, data })

function barredBy(request: FastifyRequest): { code: number; msg: string } | undefined {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.includes('invalid')) return { code: 401, msg: 'You do not have access permissions' }
  if (key.includes('broke')) return { code: 429, msg: 'The current credits are insufficient. Please top up.' }
  return undefined
}

function recordOf(lab: Lab, work: Work) {
  const body = work.data['body'] as Body
  const status = statusOf(work)
  const failed = work.state === 'failed'
  const songs = songsOf(work)
  const shown = status === 'FIRST_SUCCESS' || status === 'SUCCESS' ? songs : []
  return {
    taskId: work.id,
    parentMusicId: '',
    param: JSON.stringify(body),
    response: { taskId: work.id, sunoData: shown.map((song, n) => camelTrack(lab, work, song, n === 0)) },
    status,
    type: 'chirp-v4-5',
    operationType: 'generate',
    errorCode: failed ? errorCodeOf(work) : null,
    errorMessage: failed ? errorMessageOf(work) : null,
  }
}

function statusOf(work: Work): string {
  if (work.state === 'done') return 'SUCCESS'
  if (work.state === 'failed') {
    if (work.failure?.reason !== 'fail') return 'SENSITIVE_WORD_ERROR'
    return work.failure.detail === 'CREATE_TASK_FAILED' ? 'CREATE_TASK_FAILED' : 'GENERATE_AUDIO_FAILED'
  }
  if (work.state === 'queued') return 'PENDING'
  if (!isReachable((work.data['body'] as Body).callBackUrl)) return 'CALLBACK_EXCEPTION'
  return work.progress < 0.5 && !work.faults.has('zombie') ? 'TEXT_SUCCESS' : 'FIRST_SUCCESS'
}

function errorCodeOf({ failure }: Work): number {
  if (failure?.reason === 'refuse-input') return 400
  if (failure?.reason === 'refuse-output') return 413
  return Number(failure?.detail) || 501
}

function errorMessageOf({ failure }: Work): string {
  if (failure?.reason === 'refuse-input') return 'The lyrics contain copyrighted material.'
  if (failure?.reason === 'refuse-output') return 'The song matches an existing work of art.'
  return failure?.detail === '531'
    ? 'Server error occurred during the generation. The credits have been refunded.'
    : 'Audio generation failed.'
}

/** @param first the first of the two, which has an address while the second is still made */
function camelTrack(lab: Lab, work: Work, { id, output }: Song, first: boolean) {
  const { prompt, model, title } = work.data['body'] as Body
  return {
    id,
    audioUrl: output ? urlOf(lab, output) : first && work.state === 'running' ? unfinishedUrl(lab, id) : '',
    streamAudioUrl: unfinishedUrl(lab, id),
    imageUrl: '',
    prompt,
    modelName: model,
    title: title ?? '',
    tags: '',
    createTime: work.createdAt.getTime(),
    duration: output?.durationSeconds ?? null,
  }
}

/** Up to three callbacks: the text when it runs, the first song and both when they are done, or the error. */
async function callBack(lab: Lab, work: Work, url: string): Promise<void> {
  const songs = songsOf(work).filter(({ output }) => output)
  const send = (callbackType: string, code: number, msg: string, tracks: Song[] | null) =>
    lab.webhooks.send(work, url, () => ({
      body: JSON.stringify({
        code,
        msg,
        data: { callbackType, task_id: work.id, data: tracks?.map((song) => snakeTrack(lab, work, song)) ?? null },
      }),
      headers: {},
    }))
  if (work.state === 'running') await send('text', 200, 'Text generated successfully.', [])
  if (work.state === 'failed') await send('error', errorCodeOf(work), errorMessageOf(work), null)
  if (work.state !== 'done') return
  await send('first', 200, 'First track generated successfully.', songs.slice(0, 1))
  await send('complete', 200, 'All generated successfully.', songs)
}

function snakeTrack(lab: Lab, work: Work, song: Song) {
  const { audioUrl, streamAudioUrl, imageUrl, modelName, createTime, ...same } = camelTrack(lab, work, song, false)
  return { ...same, audio_url: audioUrl, stream_audio_url: streamAudioUrl, image_url: imageUrl, model_name: modelName, createTime }
}

const isReachable = (url: string): boolean => !new URL(url).hostname.endsWith('.invalid')
