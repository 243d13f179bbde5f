import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { withoutMarkers } from '../../dials.ts'
import type { Lab, Output } from '../../lab.ts'
import { said, unprocessable } from './errors.ts'
import { formatOf, madeAtOnce, piecewise, sent } from './sync.ts'

const MUSIC_SECOND_MICRO_USD = 5_000
const SOUND_MICRO_USD = 120_000
/** Where nothing was said. */
const MUSIC_MS = 30_000
const SOUND_SECONDS = 4

const Section = z.looseObject({
  section_name: z.string(),
  positive_local_styles: z.array(z.string()),
  negative_local_styles: z.array(z.string()),
  duration_ms: z.int().min(3_000).max(120_000),
  lines: z.array(z.string()),
})
const Plan = z.looseObject({
  positive_global_styles: z.array(z.string()),
  negative_global_styles: z.array(z.string()),
  sections: z.array(Section).min(1),
})
type Plan = z.infer<typeof Plan>

const length = z.int().min(3_000).max(600_000)
const model = z.enum(['music_v1', 'music_v2', 'music_v2_5'])
const MusicBody = z
  .looseObject({
    prompt: z.string().min(1).nullish(),
    composition_plan: Plan.nullish(),
    music_length_ms: length.nullish(),
    model_id: model.default('music_v1'),
    seed: z.int().nullish(),
    force_instrumental: z.boolean().nullish(),
  })
  .refine(({ prompt, composition_plan }) => (prompt == null) !== (composition_plan == null), {
    path: ['prompt'],
    error: 'Give either a prompt or a composition plan.',
  })
  .refine(({ prompt, seed }) => prompt == null || seed == null, { path: ['seed'], error: 'A seed cannot be used with a prompt.' })

const PlanBody = z.looseObject({ prompt: z.string().min(1), music_length_ms: length.nullish() })

const SoundBody = z.looseObject({
  text: z.string().min(1),
  duration_seconds: z.number().min(0.5).max(30).nullish(),
  prompt_influence: z.number().min(0).max(1).nullish(),
  loop: z.boolean().nullish(),
  model_id: z.literal('eleven_text_to_sound_v2').default('eleven_text_to_sound_v2'),
})

export function music(api: FastifyInstance, lab: Lab): void {
  for (const path of ['/v1/music', '/v1/music/stream'])
    api.post(path, async (request, reply) => {
      const composed = await compose(lab, request, reply)
      return composed ? sent(lab, reply, composed.output) : reply
    })

  api.post('/v1/music/detailed', async (request, reply) => {
    const composed = await compose(lab, request, reply)
    return composed ? detailed(reply, composed.output, composed.plan) : reply
  })

  // A plan costs nothing.
  api.post('/v1/music/plan', (request, reply) => {
    const body = PlanBody.safeParse(request.body)
    if (!body.success) return unprocessable(reply, body.error)
    return reply.send(planOf(body.data.prompt, body.data.music_length_ms ?? MUSIC_MS))
  })

  api.post('/v1/sound-generation', async (request, reply) => {
    const body = SoundBody.safeParse(request.body)
    const format = formatOf(request.query, 'mp3_44100_128')
    if (!body.success) return unprocessable(reply, body.error)
    if (!format) return badFormat(reply)
    const { text, duration_seconds } = body.data
    const output = await madeAtOnce(lab, request, reply, {
      prompt: text,
      spec: { kind: 'sound', prompt: text, durationSeconds: duration_seconds ?? SOUND_SECONDS, ...format },
      amountMicroUsd: SOUND_MICRO_USD,
    })
    return output ? sent(lab, reply, output) : reply
  })
}

async function compose(lab: Lab, request: FastifyRequest, reply: FastifyReply): Promise<{ output: Output; plan: Plan } | undefined> {
  const body = MusicBody.safeParse(request.body)
  if (!body.success) {
    unprocessable(reply, body.error)
    return undefined
  }
  const { prompt, composition_plan, music_length_ms, model_id, seed } = body.data
  const format = formatOf(request.query, model_id === 'music_v1' ? 'mp3_44100_128' : 'mp3_48000_192')
  if (!format) {
    badFormat(reply)
    return undefined
  }
  const plan = composition_plan ?? planOf(prompt ?? '', music_length_ms ?? MUSIC_MS)
  const durationSeconds = plan.sections.reduce((sum, { duration_ms }) => sum + duration_ms, 0) / 1000
  const text = prompt ?? plan.positive_global_styles.join(', ')
  const output = await madeAtOnce(lab, request, reply, {
    prompt: text,
    spec: { kind: 'music', prompt: text, durationSeconds, ...format, ...(seed != null && { seed }) },
    amountMicroUsd: Math.ceil(durationSeconds * MUSIC_SECOND_MICRO_USD),
  })
  return output && { output, plan }
}

/** Multipart: what was composed as JSON, then the sound. */
function detailed(reply: FastifyReply, { bytes, mimeType, work }: Output, plan: Plan): FastifyReply {
  const boundary = randomUUID()
  const metadata = { title: titleOf(plan), description: null, genres: plan.positive_global_styles, languages: ['en'], is_explicit: false }
  const head = [
    `--${boundary}`,
    'Content-Type: application/json',
    '',
    JSON.stringify({ composition_plan: plan, song_metadata: metadata, words_timestamps: null }),
    `--${boundary}`,
    `Content-Type: ${mimeType}`,
    'Content-Disposition: attachment; filename="song.mp3"',
    '',
    '',
  ].join('\r\n')
  return piecewise(
    reply,
    `multipart/mixed; boundary=${boundary}`,
    [head, bytes, `\r\n--${boundary}--\r\n`],
    work.faults.has('truncated-body'),
  )
}

/** Sections of at most two minutes, as the plan of a song allows. */
function planOf(prompt: string, lengthMs: number): Plan {
  const count = Math.ceil(lengthMs / 120_000)
  const each = Math.floor(lengthMs / count)
  return {
    positive_global_styles: withoutMarkers(prompt)
      .split(/[,;.]\s*/)
      .filter(Boolean),
    negative_global_styles: [],
    sections: Array.from({ length: count }, (_, n) => ({
      section_name: `Part ${n + 1}`,
      positive_local_styles: [],
      negative_local_styles: [],
      duration_ms: n + 1 === count ? lengthMs - each * (count - 1) : each,
      lines: [],
    })),
  }
}

const titleOf = (plan: Plan): string => plan.positive_global_styles[0] ?? 'Untitled'

function badFormat(reply: FastifyReply): FastifyReply {
  return said(reply, 400, { code: 'invalid_output_format', message: 'This output format does not exist.', param: 'output_format' })
}
