import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { withoutMarkers } from '../dials.ts'
import type { Lab, LabVendor, Taken, Work } from '../lab.ts'
import type { MediaSpec } from '../media/maker.ts'

const VERSION = '2024-11-06'
const CREDIT_MICRO_USD = 10_000
const DAY_SECONDS = 86_400

/**
 * Runway's API as @runwayml/sdk 4.20.1 (`resources/*.d.ts`) and docs.dev.runwayml.com describe it: tasks, THROTTLED at the
 * account's limit, addresses that die after a day and come fresh with every question, DELETE after which a task is unknown.
 *
 * Chosen where nothing readable says it: a missing or wrong `X-Runway-Version` is a 400; bodies that do not pass are
 * `{ error, issues[] }` with a 400; a model that is gone is such an issue at `model`; prompts are judged while the task runs;
 * a refused input is not given back, every other failure and a cancellation are; `progress` goes from 0 to 1; credits per
 * second are the published ones. A key with `invalid` in it is not accepted, one with `broke` has no credits.
 */
export const runway: LabVendor = {
  id: 'runway',
  usage: (baseUrl) => `new RunwayML({ baseURL: '${baseUrl}', apiKey: 'key_lab' })`,
  async routes(app, lab) {
    // In a scope of its own: downloads carry neither key nor version.
    await app.register(async (api) => {
      api.addHook('onRequest', guard)
      api.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
        reply.code(error.statusCode ?? 500).send({ error: error.message }),
      )
      for (const [path, endpoint] of Object.entries(ENDPOINTS)) {
        api.post(`/v1/${path}`, (request, reply) => submit(lab, request, reply, endpoint))
      }
      tasks(api, lab)
    })
  },
}

async function guard(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined || key.includes('invalid'))
    return reply.code(401).send({ error: 'The API key is not valid.', docUrl: 'https://docs.dev.runwayml.com' })
  if (request.headers['x-runway-version'] !== VERSION)
    return reply.code(400).send({ error: `The X-Runway-Version header must be ${VERSION}.` })
  if (request.method === 'POST' && key.includes('broke'))
    return reply.code(400).send({ error: 'You do not have enough credits to run this task.' })
  return undefined
}

/** What an endpoint takes, what that makes, and what it costs. */
interface Endpoint {
  body: z.ZodType<Ordered>
}

interface Ordered {
  prompt: string
  credits: number
  spec: MediaSpec
}

const prompt = z.string().min(1).max(1000)
const seed = z.int().min(0).max(4_294_967_295).optional()
const image = z.union([
  z.string().regex(/^(https:\/\/|runway:\/\/|data:image\/)/),
  z
    .array(z.object({ uri: z.string(), position: z.enum(['first', 'last']) }))
    .min(1)
    .max(2),
])
const LANDSCAPE_AND_PORTRAIT = ['1280:720', '720:1280'] as const
const GEN_4 = z.enum([...LANDSCAPE_AND_PORTRAIT, '1104:832', '960:960', '832:1104', '1584:672'])
const VEO = z.enum([...LANDSCAPE_AND_PORTRAIT, '1080:1920', '1920:1080'])
const gen4Seconds = z.int().min(2).max(10)
const veoSeconds = z.union([z.literal(4), z.literal(6), z.literal(8)])

interface Clip {
  ratio: string
  duration: number
  promptText?: string | undefined
  seed?: number | undefined
}

const clip =
  (creditsPerSecond: number, sound: boolean) =>
  ({ ratio, duration, promptText = '', seed: given }: Clip): Ordered => {
    const [width = 0, height = 0] = ratio.split(':').map(Number)
    return {
      prompt: promptText,
      credits: creditsPerSecond * duration,
      spec: { kind: 'video', durationSeconds: duration, width, height, sound, ...(given !== undefined && { seed: given }) },
    }
  }

/** Veo costs by half without its sound. */
const veo =
  (creditsPerSecond: number, silentCreditsPerSecond: number) =>
  ({ audio, ...rest }: Clip & { audio: boolean }): Ordered =>
    clip(audio ? creditsPerSecond : silentCreditsPerSecond, audio)(rest)

const veoMembers = { ratio: VEO, duration: veoSeconds.default(8), audio: z.boolean().default(true), seed }

const ENDPOINTS: Record<string, Endpoint> = {
  text_to_video: {
    body: z.union([
      z
        .object({
          model: z.literal('gen4.5'),
          promptText: prompt,
          ratio: z.enum(LANDSCAPE_AND_PORTRAIT),
          duration: gen4Seconds,
          seed,
        })
        .transform(clip(12, false)),
      z.object({ model: z.literal('veo3.1'), promptText: prompt, ...veoMembers }).transform(veo(40, 20)),
      z.object({ model: z.literal('veo3.1_fast'), promptText: prompt, ...veoMembers }).transform(veo(15, 10)),
    ]),
  },
  image_to_video: {
    body: z.union([
      z
        .object({ model: z.literal('gen4.5'), promptImage: image, promptText: prompt, ratio: GEN_4, duration: gen4Seconds, seed })
        .transform(clip(12, false)),
      z
        .object({
          model: z.literal('gen4_turbo'),
          promptImage: image,
          promptText: prompt.optional(),
          ratio: GEN_4,
          duration: gen4Seconds.default(10),
          seed,
        })
        .transform(clip(5, false)),
      z.object({ model: z.literal('veo3.1'), promptImage: image, promptText: prompt.optional(), ...veoMembers }).transform(veo(40, 20)),
      z
        .object({ model: z.literal('veo3.1_fast'), promptImage: image, promptText: prompt.optional(), ...veoMembers })
        .transform(veo(15, 10)),
    ]),
  },
  text_to_speech: {
    body: z
      .object({
        model: z.literal('eleven_multilingual_v2'),
        promptText: prompt,
        voice: z.object({ type: z.literal('runway-preset'), presetId: z.string().min(1) }),
      })
      .transform(({ promptText, voice }) => ({
        prompt: promptText,
        credits: Math.ceil(promptText.length / 50),
        spec: { kind: 'speech', text: withoutMarkers(promptText), voice: voice.presetId, format: 'mp3' },
      })),
  },
  sound_effect: {
    body: z
      .object({
        model: z.literal('eleven_text_to_sound_v2'),
        promptText: z.string().min(1),
        duration: z.number().min(0.5).max(30).default(3),
        loop: z.boolean().optional(),
      })
      .transform(({ promptText, duration }) => ({
        prompt: promptText,
        credits: Math.ceil(duration / 6),
        spec: { kind: 'sound', prompt: withoutMarkers(promptText), durationSeconds: duration, format: 'mp3' },
      })),
  },
}

async function submit(lab: Lab, request: FastifyRequest, reply: FastifyReply, { body }: Endpoint): Promise<unknown> {
  const parsed = body.safeParse(request.body)
  if (!parsed.success) return reply.code(400).send(invalid(issuesOf(parsed.error, request.body)))
  const { prompt: words, credits, spec } = parsed.data
  const taken = await lab.take(request, {
    prompt: words,
    outputs: [spec],
    amountMicroUsd: credits * CREDIT_MICRO_USD,
    inputRefusal: 'end',
    data: { credits },
    onChange: (work) => giveBack(lab, work),
  })
  if ('refused' in taken) return refuse(reply, taken)
  return { id: taken.work.id, estimatedCost: { credits } }
}

/** Of a union, what the branch of that model says. */
function issuesOf(error: z.ZodError, body: unknown): { path: PropertyKey[]; message: string }[] {
  const [first] = error.issues
  if (first?.code !== 'invalid_union') return error.issues
  const model = (body as { model?: unknown } | null | undefined)?.model
  const branch = first.errors.find((issues) => !issues.some(({ path }) => path[0] === 'model'))
  return branch ?? [{ path: ['model'], message: `Invalid model: ${String(model)}` }]
}

function invalid(issues: { path: PropertyKey[]; message: string }[]) {
  return {
    error: 'Validation of body failed',
    issues: issues.map(({ path, message }) => ({ code: 'invalid', path, message })),
    docUrl: 'https://docs.dev.runwayml.com/api',
  }
}

function refuse(reply: FastifyReply, { refused, retryAfterSeconds }: Extract<Taken, { refused: unknown }>): FastifyReply {
  switch (refused) {
    case 'throttle':
      if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds))
      return reply.code(429).send({ error: 'You have reached a limit of your tier.' })
    case 'server-error':
      return reply.code(502).send({ error: 'Bad gateway' })
    case 'refuse-input':
      return reply.code(400).send({ error: 'The prompt did not pass content moderation.' })
    case 'sunset':
      return reply.code(400).send(invalid([{ path: ['model'], message: 'This model is no longer available' }]))
  }
}

/** A refused input stays charged; other failures and cancellations are refunded in full. */
function giveBack(lab: Lab, work: Work): void {
  if (work.state === 'cancelled') lab.book.refund(work.id, lab.vendor)
  if (work.state === 'failed' && !/^(SAFETY\.INPUT|INPUT_PREPROCESSING\.SAFETY)/.test(failureOf(work).failureCode ?? ''))
    lab.book.refund(work.id, lab.vendor)
}

/** `[lab:fail=ASSET.INVALID]` fails with that code, `[lab:fail=none]` without one. */
function failureOf({ failure }: Work): { failure: string; failureCode?: string } {
  switch (failure?.reason) {
    case 'refuse-input':
      return { failure: 'The prompt did not pass content moderation.', failureCode: failure.detail ?? 'SAFETY.INPUT.TEXT' }
    case 'refuse-output':
      return { failure: 'The output did not pass content moderation.', failureCode: failure.detail ?? 'SAFETY.OUTPUT.VIDEO' }
    default:
      return {
        failure: 'An unexpected error occurred.',
        ...(failure?.detail !== 'none' && { failureCode: failure?.detail ?? 'INTERNAL.BAD_OUTPUT.CODE01' }),
      }
  }
}

function tasks(api: FastifyInstance, lab: Lab): void {
  api.get<{ Params: { id: string } }>('/v1/tasks/:id', ({ params }, reply) => {
    const work = lab.works.get(params.id)
    return work === undefined ? unknownTask(reply) : taskOf(lab, work)
  })

  /** Stops what lives and deletes what has ended; either way it cannot be asked for again. */
  api.delete<{ Params: { id: string } }>('/v1/tasks/:id', ({ params }, reply) => {
    if (lab.works.get(params.id) === undefined) return unknownTask(reply)
    lab.works.cancel(params.id)
    lab.works.delete(params.id)
    return reply.code(204).send()
  })
}

const unknownTask = (reply: FastifyReply): FastifyReply => reply.code(404).send({ error: 'Task not found' })

function taskOf(lab: Lab, work: Work): Record<string, unknown> {
  const common = { id: work.id, createdAt: work.createdAt.toISOString() }
  const estimatedCost = { credits: work.data['credits'] }
  const cost = { credits: lab.book.of(work.id) / CREDIT_MICRO_USD }
  switch (work.state) {
    case 'queued':
      return { ...common, status: work.faults.has('hold') ? 'THROTTLED' : 'PENDING', estimatedCost }
    case 'running':
      return { ...common, status: 'RUNNING', progress: work.progress, estimatedCost }
    case 'done':
      return {
        ...common,
        status: 'SUCCEEDED',
        output: work.outputs.map((output) => lab.files.url(output, { ttlSeconds: DAY_SECONDS })),
        cost,
      }
    case 'failed':
      return { ...common, status: 'FAILED', ...failureOf(work), cost }
    case 'cancelled':
      return { ...common, status: 'CANCELLED', cost }
  }
}
